// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// Passes a request to the routes, and writes their response.
struct RouteResponder<Routes: HTTPResponder>: Sendable where Routes.Context == ServerRequestContext {
    /// The routes that respond.
    let routes: Routes
    /// The logger of all requests.
    let logger: Logger
    /// Whether connections use TLS; overrides the scheme that a request names.
    let isSecure: Bool
    /// Whether requests arrive over HTTP/2, which forbids connection-specific fields (RFC 9113 section 8.2.2).
    var isHTTP2 = false

    private static var connectionFields: [HTTPField.Name] { [.connection, .upgrade, .transferEncoding] }

    /// Responds to one request; if the routes throw, the response has status code 500.
    ///
    /// - Throws: The error of writing to the connection.
    @Sendable
    func respond(to request: Request, writer: consuming ResponseWriter, channel: any Channel) async throws {
        var logger = logger
        logger[metadataKey: "hb.request.id"] = .stringConvertible(RequestID())
        let context = ServerRequestContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
        var request = request
        let scheme = isSecure ? "https" : "http"
        if request.head.scheme != scheme {
            var head = request.head
            head.scheme = scheme
            request = Request(head: head, body: request.body)
        }
        var response: Response
        do {
            response = try await routes.respond(to: request, context: context)
        } catch {
            logger.debug("A route failed", metadata: ["error": "\(error)"])
            response = Response(status: .internalServerError)
        }
        logger.traceAnswer(to: request.head, response.status)
        if isHTTP2 { for name in Self.connectionFields { response.headers[name] = nil } }
        response.headers[.date] = HTTPDate.text(Date.now)
        try await writer.write(response: response.head, body: response.body)
    }
}

extension Logger {
    /// Logs a response at the level `trace`, without credentials from the request.
    func traceAnswer(to request: HTTPRequest, _ status: HTTPResponse.Status) {
        trace(
            "A request was answered",
            metadata: [
                "method": "\(LoggedTarget(request.method.rawValue))", "target": "\(LoggedTarget(request.path ?? ""))",
                "status": "\(status.code)",
            ]
        )
    }
}
