// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import Hummingbird
package import LiveProgress
package import LiveProgressCluster
@_spi(Server) import LiveProgressHTTP
@_spi(Server) import LiveProgressHummingbird
@_spi(Server) import LiveProgressNIO
package import Logging
import NIOCore
internal import ServiceLifecycle

/// The stand-alone server: the API, WebSockets and web pages on one port.
///
/// ```swift
/// var configuration = ServerConfiguration()
/// configuration.port = 0
/// let server = try await ServerApplication(configuration: configuration).start()
/// print(server.url)
/// await server.stop()
/// ```
/// The server is a service of ServiceLifecycle: ``run()`` serves until a graceful shutdown of its task. Then the server
/// ends streams, responds to long polls, closes WebSockets with close code 1001, and finishes requests in progress. After
/// ``ServerConfiguration/shutdownTimeout`` the server closes the connections that are still open.
package struct ServerApplication: Service {
    /// The configuration of the server.
    package let configuration: ServerConfiguration
    /// The service with the server's operations.
    package let service: ProgressService
    /// The other servers that share the operations; `nil` without a backplane.
    let cluster: ProgressCluster?
    private let progress: ProgressServer
    /// The certificate for TLS, or `nil` for connections without TLS.
    let certificates: Certificates?
    /// The authorizer that checks tokens, or `nil` if no keys are configured.
    let authorizer: TokenAuthorizer?
    private let metrics: ServerMetrics
    private let readiness = Readiness()
    /// The logger of the server.
    package let logger: Logger
    let addRoutes: @Sendable (Router<ServerRequestContext>) -> Void
    let onListening: @Sendable (_ url: String) async -> Void
    let onAdminLink: @Sendable (_ url: String) async -> Void

    /// Creates a server that does not listen yet.
    ///
    /// - Parameters:
    ///   - configuration: The configuration of the server.
    ///   - service: The service with the server's operations; by default a new service for operations that clients create.
    ///   - cluster: The node with the service, if the server shares its operations with others.
    ///   - logger: The logger of the server.
    ///   - onListening: Called with the server's URL when clients can connect.
    ///   - onAdminLink: Called after `onListening` if the server has its own keys, with a link for the administrator. The
    ///     fragment of the link is a token for all operations.
    /// - Throws: ``ServerConfigurationError`` if the configuration would expose an unprotected server beyond this machine,
    ///   or if the certificate cannot be used.
    package init(
        configuration: ServerConfiguration = ServerConfiguration(),
        service: ProgressService? = nil,
        cluster: ProgressCluster? = nil,
        logger: Logger = Logger(label: "live-progress"),
        onListening: @escaping @Sendable (_ url: String) async -> Void = { _ in },
        onAdminLink: @escaping @Sendable (_ url: String) async -> Void = { _ in }
    ) throws(ServerConfigurationError) {
        try self.init(
            configuration: configuration,
            service: service,
            cluster: cluster,
            logger: logger,
            addRoutes: { _ in },
            onListening: onListening,
            onAdminLink: onAdminLink
        )
    }

    /// Creates a server with additional routes.
    package init(
        configuration: ServerConfiguration,
        service: ProgressService?,
        cluster: ProgressCluster? = nil,
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
        self.service = cluster?.service ?? service ?? ProgressService(configuration: configuration.service)
        self.cluster = cluster
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
        cluster?.connect(&serving.api)
        serving.onRefusal = { request, answer in
            metrics.count(request.method, answer.head.status)
            logger.traceAnswer(to: request, answer.head.status)
        }
        progress = ProgressServer(self.service, configuration: serving)
    }

    /// Serves until a graceful shutdown of the task, or until the task is cancelled; then closes the service.
    ///
    /// - Throws: The error that prevented the server from listening; ``ServerConfigurationError`` for a faulty key file.
    package func run() async throws {
        do {
            try await cluster?.join()
            try await serve()
        } catch {
            await close()
            throw error
        }
        await close()
    }

    private func close() async {
        if let cluster { await cluster.leave() } else { await service.close() }
    }

    private func serve() async throws {
        let files = keyFiles
        // The mark is taken before the files are read, so that no change in between is missed.
        let mark = files.mark
        if let authorizer { authorizer.use(try files.load()) }
        let routes = ServerRoutes(
            progress: progress,
            metrics: metrics,
            authorizer: authorizer,
            cluster: cluster,
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
        let url = names.url(of: names.address, port: port)
        progress.api.setPublicURL(url)
        if configuration.notifiesServiceManager { ServiceManager.notify("READY=1") }
        await onListening(url)
        guard let token = authorizer?.adminToken() else { return }
        await onAdminLink("\(names.url(of: names.reachable, port: port))/#token=\(token)")
    }

    /// The reader of the key files.
    var keyFiles: KeyFiles { KeyFiles(configuration: configuration.authorization, logger: logger) }

    /// Waits for the graceful shutdown, then closes all connections within the configured time.
    private func shutDown(_ listener: ConnectionListener) async {
        // `gracefulShutdown` throws when the task is cancelled; then `run()` closes all connections immediately.
        guard (try? await gracefulShutdown()) != nil, !Task.isCancelled else { return }
        readiness.set(false)
        if configuration.notifiesServiceManager { ServiceManager.notify("STOPPING=1") }
        listener.close()
        progress.beginShutdown()
        await progress.hosting.waitUntilEmpty(atMost: configuration.shutdownTimeout)
    }
}

extension ServerApplication: CustomStringConvertible {
    /// A short name, because ServiceLifecycle logs it and the configuration does not belong in the log.
    package var description: String { "the server" }
}
