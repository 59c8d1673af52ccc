// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Hummingbird
public import LiveProgress
import LiveProgressHTTP
import LiveProgressHummingbird
import LiveProgressNIO
import LiveProgressWebSocket
public import Logging
import NIOCore
public import ServiceLifecycle

/// The stand-alone server: the API, its WebSockets and its pages on one port.
///
/// ```swift
/// var configuration = ServerConfiguration()
/// configuration.port = 0
/// let server = try await ServerApplication(configuration: configuration).start()
/// print(server.url)
/// await server.stop()
/// ```
/// It is a service of ServiceLifecycle: ``run()`` serves until its task is told to shut down gracefully. Then streams
/// end, long polls are answered, WebSockets are closed with 1001, requests that are being answered are finished, and
/// whoever has not left by then is cut off after ``ServerConfiguration/shutdownTimeout``.
public struct ServerApplication: Service {
    /// How it runs.
    public let configuration: ServerConfiguration
    /// The operations that it shows.
    public let service: ProgressService
    private let hosting: ProgressHosting
    private let authorizer: TokenAuthorizer?
    private let metrics = ServerMetrics()
    private let readiness = Readiness()
    /// Where it logs.
    public let logger: Logger
    let addRoutes: @Sendable (Router<ServerRequestContext>) -> Void
    let onListening: @Sendable (_ url: String) async -> Void
    let onAdminLink: @Sendable (_ url: String) async -> Void

    /// A server that has yet to run.
    ///
    /// - Parameters:
    ///   - configuration: How it runs.
    ///   - service: The operations that it shows; without it, those that its clients create.
    ///   - logger: Where it logs.
    ///   - onListening: Called with the server's URL once clients can connect.
    ///   - onAdminLink: Called after it, where the server has keys of its own, with a link for its administrator, whose
    ///     fragment is a token for everything.
    /// - Throws: ``ServerConfigurationError`` where the configuration would open the server to the world unasked.
    public init(
        configuration: ServerConfiguration = ServerConfiguration(),
        service: ProgressService? = nil,
        logger: Logger = Logger(label: "live-progress"),
        onListening: @escaping @Sendable (_ url: String) async -> Void = { _ in },
        onAdminLink: @escaping @Sendable (_ url: String) async -> Void = { _ in }
    ) throws(ServerConfigurationError) {
        try self.init(
            configuration: configuration,
            service: service,
            logger: logger,
            addRoutes: { _ in },
            onListening: onListening,
            onAdminLink: onAdminLink
        )
    }

    /// A server with more routes than its own.
    init(
        configuration: ServerConfiguration,
        service: ProgressService?,
        logger: Logger,
        addRoutes: @escaping @Sendable (Router<ServerRequestContext>) -> Void,
        onListening: @escaping @Sendable (_ url: String) async -> Void,
        onAdminLink: @escaping @Sendable (_ url: String) async -> Void
    ) throws(ServerConfigurationError) {
        try configuration.validate()
        self.configuration = configuration
        self.service = service ?? ProgressService(configuration: Self.serviceConfiguration(configuration))
        self.logger = logger
        self.addRoutes = addRoutes
        self.onListening = onListening
        self.onAdminLink = onAdminLink
        authorizer = configuration.authorization.hasKeys ? TokenAuthorizer(configuration.authorization) : nil
        let policy = OriginPolicy(configuration)
        var apiConfiguration = ProgressAPI.Configuration()
        apiConfiguration.maximumBodySize = configuration.maximumBodySize
        apiConfiguration.pages = ServerRoutes.pages
        apiConfiguration.authorizer = authorizer
        apiConfiguration.admit = { policy.refusal(of: $0) }
        var limits = ConnectionLimits()
        limits.maximumBodySize = configuration.maximumBodySize
        hosting = ProgressHosting(
            api: ProgressAPI(service: self.service, configuration: apiConfiguration),
            limits: limits,
            watchers: WatcherConfiguration(writePath: configuration.writePath)
        )
    }

    /// Serves until the task is told to shut down gracefully, or is cancelled.
    ///
    /// - Throws: What kept the server from listening; ``ServerConfigurationError`` where a file of keys is wrong.
    public func run() async throws {
        let files = KeyFiles(configuration: configuration.authorization, logger: logger)
        if let authorizer { authorizer.use(try await files.load()) }
        let routes = ServerRoutes(
            hosting: hosting,
            metrics: metrics,
            policy: OriginPolicy(configuration),
            authorizer: authorizer,
            isReady: { [readiness] in readiness.isReady }
        )
        let router = routes.router()
        addRoutes(router)
        let responder = RouteResponder(routes: router.buildResponder(), logger: logger)
        let listener = try await ConnectionListener.bind(
            host: configuration.host,
            port: configuration.port,
            serving: ProgressChildChannel(responder: responder.respond, connections: hosting.connections),
            logger: logger
        )
        await withTaskCancellationHandler {
            await listening(on: listener.port)
            await withDiscardingTaskGroup { group in
                group.addTask { await takeLeave(of: listener) }
                if let authorizer { group.addTask { await files.watch(authorizer) } }
                await listener.waitUntilClosed()
                await hosting.registry.waitUntilEmpty()
                group.cancelAll()
            }
        } onCancel: {
            listener.close()
            hosting.registry.closeAll()
        }
    }

    private func listening(on port: Int?) async {
        readiness.set(true)
        let host = configuration.host.contains(":") ? "[\(configuration.host)]" : configuration.host
        let url = "http://\(host):\(port ?? configuration.port)"
        await onListening(url)
        if let token = authorizer?.adminToken() { await onAdminLink("\(url)/#token=\(token)") }
    }

    /// Waits for the graceful shutdown, then sees to it that nobody holds it up.
    private func takeLeave(of listener: ConnectionListener) async {
        // Throws when the server stops for another reason; then there is nobody to take leave of.
        guard (try? await gracefulShutdown()) != nil, !Task.isCancelled else { return }
        readiness.set(false)
        listener.close()
        hosting.api.drain()
        hosting.registry.quiesce()
        guard (try? await Task.sleep(for: configuration.shutdownTimeout)) != nil else { return }
        hosting.registry.closeAll()
    }

    private static func serviceConfiguration(_ configuration: ServerConfiguration) -> ProgressService.Configuration {
        var service = ProgressService.Configuration()
        service.retention = configuration.retention
        service.maximumOperations = configuration.maximumOperations
        return service
    }
}
