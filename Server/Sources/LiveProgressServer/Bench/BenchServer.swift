// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Hummingbird
import LiveProgress
import LiveProgressWebSocket
public import Logging
import NIOCore
import NIOPosix

/// The stand-alone server with an operation `op` inside it that is reported on by request, for measurements.
///
/// `GET /start?u=UPDATES&r=RATE&b=BATCH` makes the updates; everything else is the server as it is.
public enum BenchServer {
    /// How many revisions of the operation are kept: enough that nobody who reads at all has to skip.
    private static let journalCapacity = 4096

    /// A server to measure.
    ///
    /// - Parameters:
    ///   - configuration: How it runs.
    ///   - logger: Where it logs.
    ///   - onListening: Called with the server's URL once clients can connect.
    /// - Returns: The server, which has yet to run.
    /// - Throws: ``ServerConfigurationError`` where the configuration would open the server to the world unasked.
    public static func application(
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
            addRoutes: { addStart(to: $0, producer) },
            onListening: onListening
        )
    }

    private static func addStart(to router: Router<BasicRequestContext>, _ producer: UpdateProducer) {
        router.get("/start") { request, _ in
            let query = request.uri.queryParameters
            let order = UpdateProducer.Order(
                updates: query["u"].map(String.init),
                rate: query["r"].map(String.init),
                batch: query["b"].map(String.init)
            )
            guard let order else {
                throw HTTPError(.badRequest, message: "Say /start?u=UPDATES&r=RATE&b=BATCH, such as u=1000&r=0&b=1.")
            }
            producer.start(order)
            return HTTPResponse.Status.accepted
        }
    }
}

extension ServerConfiguration {
    /// Sets the way of messages to the sockets by its name; gives whether there is one of that name.
    public mutating func setWritePath(_ name: String) -> Bool {
        guard let path = WritePath(rawValue: name) else { return false }
        writePath = path
        return true
    }
}
