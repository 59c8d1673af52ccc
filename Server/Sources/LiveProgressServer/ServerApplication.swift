// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import Hummingbird
public import LiveProgress
import LiveProgressHTTP
import LiveProgressHummingbird
import LiveProgressNIO
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
    private let progress: ProgressServer
    /// What connections are encrypted with, or `nil` where they are not.
    let certificates: Certificates?
    /// Who lets in, or `nil` where nobody is asked who they are.
    let authorizer: TokenAuthorizer?
    private let metrics: ServerMetrics
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
    /// - Throws: ``ServerConfigurationError`` where the configuration would open the server to the world unasked, and
    ///   where the certificate cannot be used.
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
    package init(
        configuration: ServerConfiguration,
        service: ProgressService?,
        logger: Logger,
        addRoutes: @escaping @Sendable (Router<ServerRequestContext>) -> Void,
        onListening: @escaping @Sendable (_ url: String) async -> Void,
        onAdminLink: @escaping @Sendable (_ url: String) async -> Void
    ) throws(ServerConfigurationError) {
        try configuration.validate()
        if let files = configuration.transport.tls {
            certificates = try Certificates(files)
        } else {
            certificates = nil
        }
        self.configuration = configuration
        self.service = service ?? ProgressService(configuration: configuration.service)
        self.logger = logger
        self.addRoutes = addRoutes
        self.onListening = onListening
        self.onAdminLink = onAdminLink
        authorizer =
            configuration.authorization.hasKeys ? TokenAuthorizer(configuration.authorization, logger: logger) : nil
        let metrics = ServerMetrics()
        self.metrics = metrics
        var serving = ProgressServer.Configuration(configuration)
        serving.authorizer = authorizer
        serving.onRefusal = { request, answer in
            metrics.count(request.method, answer.head.status)
            logger.traceAnswer(to: request, answer.head.status)
        }
        progress = ProgressServer(self.service, configuration: serving)
    }

    /// Serves until the task is told to shut down gracefully, or is cancelled.
    ///
    /// - Throws: What kept the server from listening; ``ServerConfigurationError`` where a file of keys is wrong.
    public func run() async throws {
        let files = keyFiles
        // Looked at before they are read, so that no change in between is missed.
        let mark = files.mark
        if let authorizer { authorizer.use(try files.load()) }
        let routes = ServerRoutes(
            progress: progress,
            metrics: metrics,
            authorizer: authorizer,
            isReady: { [readiness] in readiness.isReady }
        )
        let router = routes.router()
        addRoutes(router)
        let listener = try await ConnectionListener.bind(
            host: configuration.host,
            port: configuration.port,
            serving: serving(router.buildResponder()),
            logger: logger,
            onPause: { [metrics] in metrics.countPause() }
        )
        await withTaskCancellationHandler {
            await listening(on: listener.port)
            await withDiscardingTaskGroup { group in
                group.addTask { await shutDown(listener) }
                group.addTask { await MemoryReturn.run(progress.hosting.registry) }
                if let certificates {
                    group.addTask { await certificates.keepFresh(every: .seconds(5), logger: logger) }
                }
                if let authorizer { group.addTask { await files.watch(authorizer, since: mark) } }
                await listener.waitUntilClosed()
                await progress.hosting.registry.waitUntilEmpty()
                group.cancelAll()
            }
        } onCancel: {
            listener.close()
            progress.hosting.registry.closeAll()
        }
    }

    private func serving<Routes: HTTPResponder>(_ routes: Routes) -> ConnectionServing
    where Routes.Context == ServerRequestContext {
        let isSecure = certificates != nil
        var responder = RouteResponder(routes: routes, logger: logger, isSecure: isSecure)
        let connections = progress.hosting.connections(isSecure: isSecure)
        let http1 = ProgressChildChannel(responder: responder.respond, connections: connections)
        responder.isHTTP2 = true
        let http2 = ProgressChildChannel(responder: responder.respond, connections: connections)
        return ConnectionServing(
            http1: http1,
            http2: HTTP2Connections(channel: http2, logger: logger),
            certificates: certificates,
            logger: logger
        )
    }

    private func listening(on port: Int?) async {
        readiness.set(true)
        let names = ListeningNames(configuration)
        let port = port ?? configuration.port
        await onListening(names.url(of: names.address, port: port))
        guard let token = authorizer?.adminToken() else { return }
        await onAdminLink("\(names.url(of: names.reachable, port: port))/#token=\(token)")
    }

    /// The files of the keys.
    var keyFiles: KeyFiles { KeyFiles(configuration: configuration.authorization, logger: logger) }

    /// Waits for the graceful shutdown, then closes all connections within the configured time.
    private func shutDown(_ listener: ConnectionListener) async {
        // Throws when the server stops for another reason; then all connections are closed at once elsewhere.
        guard (try? await gracefulShutdown()) != nil, !Task.isCancelled else { return }
        readiness.set(false)
        listener.close()
        progress.leave()
        await progress.hosting.waitUntilEmpty(atMost: configuration.shutdownTimeout)
    }
}

extension ServerApplication: CustomStringConvertible {
    /// A name: a log that tells of the service is not the place for its configuration.
    public var description: String { "the server" }
}
