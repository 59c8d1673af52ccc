// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Hummingbird
import LiveProgress
@_spi(Server) import LiveProgressHTTP
import LiveProgressServer
import Logging
import NIOCore
import NIOPosix

/// The stand-alone server with an operation `op` that is updated on request, for measurements.
///
/// `GET /start?u=UPDATES&r=RATE&b=BATCH` makes the updates, and `GET /usage` returns the resource usage of the process.
/// All other routes are those of the stand-alone server.
enum BenchServer {
    /// The number of stored revisions of the operation, large enough that a reading watcher skips none.
    private static let journalCapacity = 4096

    /// Creates a server to measure.
    ///
    /// - Parameters:
    ///   - configuration: The configuration of the server.
    ///   - logger: The logger of the server.
    ///   - onListening: Called with the server's URL when clients can connect.
    /// - Returns: A server that does not listen yet.
    /// - Throws: ``ServerConfigurationError`` if the configuration would expose an unprotected server.
    static func application(
        configuration: ServerConfiguration,
        logger: Logger,
        onListening: @escaping @Sendable (_ url: String) async -> Void
    ) throws -> ServerApplication {
        var options = ProgressService.Configuration()
        options.journalCapacity = journalCapacity
        let service = ProgressService(configuration: options)
        let producer = UpdateProducer(
            tracker: try service.createProgress(id: ProgressID("op")),
            group: MultiThreadedEventLoopGroup.singleton
        )
        return try ServerApplication(
            configuration: configuration,
            service: service,
            logger: logger,
            addRoutes: {
                addStart(to: $0, producer)
                addUsage(to: $0)
            },
            onListening: onListening,
            onAdminLink: { _ in }
        )
    }

    private static func addStart(to router: Router<ServerRequestContext>, _ producer: UpdateProducer) {
        router.get("/start") { request, _ in
            let query = request.uri.queryParameters
            let order = UpdateProducer.Order(
                updates: query["u"].map(String.init),
                rate: query["r"].map(String.init),
                batch: query["b"].map(String.init)
            )
            guard let order else {
                return Response(ProgressResponse(problem: .badOrder))
            }
            producer.start(order)
            return Response(status: .accepted)
        }
    }

    private static func addUsage(to router: Router<ServerRequestContext>) {
        router.get("/usage") { _, _ in
            Response(
                ResourceUsage.current().json.jsonBytes,
                type: "application/json",
                fields: [.cacheControl: "no-store"]
            )
        }
    }
}

extension ProgressProblem {
    /// The problem for invalid parameters of `/start`.
    fileprivate static let badOrder = ProgressProblem(
        title: "Bad order",
        status: 400,
        detail: "Ask for /start?u=UPDATES&r=RATE&b=BATCH with u from 1, r from 0, and b up to 1024, or 0 without r."
    )
}
