// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// Asks the routes, and writes what they answer.
struct RouteResponder<Routes: HTTPResponder>: Sendable where Routes.Context == ServerRequestContext {
    /// What answers.
    let routes: Routes
    /// Where it logs.
    let logger: Logger

    /// Answers one request; what the routes do not answer themselves is an internal error.
    ///
    /// - Throws: What the connection says to a write.
    @Sendable
    func respond(to request: Request, writer: consuming ResponseWriter, channel: any Channel) async throws {
        var logger = logger
        logger[metadataKey: "hb.request.id"] = .stringConvertible(RequestID())
        let context = ServerRequestContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
        var response: Response
        do {
            response = try await routes.respond(to: request, context: context)
        } catch {
            logger.debug("A route failed", metadata: ["error": "\(error)"])
            response = Response(status: .internalServerError)
        }
        response.headers[.date] = HTTPDate.text(Date.now)
        try await writer.write(response: response.head, body: response.body)
    }
}
