// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if Hummingbird
    import HTTPTypes
    public import HummingbirdCore
    import LiveProgressHTTP
    public import LiveProgressNIO
    public import Logging
    public import NIOCore
    import NIOHTTPTypesHTTP1
    import ServiceLifecycle
    import Synchronization

    /// A connection of an application's server that serves its routes, and live progress over WebSocket beside them.
    ///
    /// An upgrade that is granted leaves HTTP: from then on handlers on the event loop drive the connection, and no task is
    /// spent on it. One that is refused is answered before it gets to the routes.
    public struct ProgressChildChannel: ServerChildChannel, HTTPChannelHandler {
        /// A connection whose first request decides what it becomes.
        public struct Value: ServerChildChannelValue {
            /// The connection.
            public let channel: any Channel
            let outcome: EventLoopFuture<ConnectionOutcome<HTTP1Channel.Value>>
        }

        /// Answers ordinary requests.
        public let responder: HTTPChannelHandler.Responder
        /// Decides about upgrades, and bounds what a connection may take.
        public let connections: ConnectionSetup

        private let shutdown: Shutdown?

        /// Connections that serve the responder's routes, set up as given.
        ///
        /// - Parameters:
        ///   - responder: Answers ordinary requests.
        ///   - connections: Decides about upgrades, and bounds what a connection may take.
        ///   - onShutdown: Told once when the service that handles the connections is asked to shut down gracefully.
        public init(
            responder: @escaping HTTPChannelHandler.Responder,
            connections: ConnectionSetup,
            onShutdown: (@Sendable () -> Void)? = nil
        ) {
            let isSecure = connections.isSecure
            self.responder = { request, writer, channel in
                // A closure cannot consume what it has captured, but take it out.
                var writer = Optional(writer)
                try await ProgressCaller.$connected.withValue(ProgressCaller(channel, isSecure: isSecure)) {
                    guard let writer = writer.take() else { return }
                    try await responder(request, writer, channel)
                }
            }
            self.connections = connections
            shutdown = onShutdown.map(Shutdown.init)
        }

        /// Prepares a connection for its first request.
        public func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
            channel.eventLoop.makeCompletedFuture {
                Value(channel: channel, outcome: try prepare(channel: channel, logger: logger))
            }
        }

        /// Prepares a connection for its first request, for a server of one's own; called on the connection's event loop.
        ///
        /// - Returns: What the connection becomes, known with its first request. The routes are served by
        ///   `handleHTTP(asyncChannel:logger:)`, which must be called where it is the HTTP path.
        /// - Throws: What adding a handler throws; the connection is of no use then.
        public func prepare(
            channel: any Channel,
            logger: Logger
        ) throws -> EventLoopFuture<ConnectionOutcome<HTTP1Channel.Value>> {
            try connections.configure(channel, openPath: routes(logger))
        }

        /// The same without a future.
        ///
        /// - Parameters:
        ///   - channel: The connection.
        ///   - logger: Where the routes log.
        ///   - completion: Told once, on the event loop, what the connection becomes, with its first request.
        /// - Throws: What adding a handler throws; the connection is of no use then.
        public func prepare(
            channel: any Channel,
            logger: Logger,
            completion: @escaping (ConnectionOutcome<HTTP1Channel.Value>) -> Void
        ) throws {
            try connections.configure(channel, openPath: routes(logger), completion: completion)
        }

        private func routes(_ logger: Logger) -> @Sendable (any Channel) -> EventLoopFuture<HTTP1Channel.Value> {
            let isSecure = connections.isSecure
            return { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        HTTP1ToHTTPServerCodec(secure: isSecure),
                        // Without times of its own: those of the limits are kept before it.
                        HTTPConnectionStateHandler(logger: logger),
                    ])
                    return try HTTP1Channel.Value(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(isOutboundHalfClosureEnabled: true)
                    )
                }
            }
        }

        /// Serves the routes until the connection closes, or returns at once where it has left HTTP.
        public func handle(value: Value, logger: Logger) async {
            guard let shutdown, shutdown.isFirst() else { return await serve(value, logger) }
            // One task for all connections, as long as there is a server.
            await withDiscardingTaskGroup { group in
                group.addTask { if (try? await gracefulShutdown()) != nil { shutdown.tell() } }
                await serve(value, logger)
            }
        }

        private func serve(_ value: Value, _ logger: Logger) async {
            // The outcome never fails: a connection that breaks is one that closed.
            guard let outcome = try? await value.outcome.get(), case .http(let path) = outcome else { return }
            await handleHTTP(asyncChannel: path, logger: logger)
        }
    }

    /// Whom to tell of a server's graceful shutdown; its first connection waits for it.
    private final class Shutdown: Sendable {
        let tell: @Sendable () -> Void
        private let isAwaited = Atomic(false)

        init(_ tell: @escaping @Sendable () -> Void) { self.tell = tell }

        func isFirst() -> Bool { !isAwaited.exchange(true, ordering: .relaxed) }
    }

    extension HTTPServerBuilder {
        /// HTTP/1.1 with live progress over WebSocket on the same port.
        ///
        /// ```swift
        /// let app = Application(router: router, server: .progress(progress), services: [progress])
        /// ```
        /// With TLS: `try .tls(.progress(progress, isSecure: true), tlsConfiguration: configuration)` of `HummingbirdTLS`.
        ///
        /// - Parameters:
        ///   - progress: What is served beside the application's routes.
        ///   - isSecure: Whether it stands behind the application's own TLS.
        /// - Returns: The application's server.
        public static func progress(_ progress: ProgressServer, isSecure: Bool = false) -> HTTPServerBuilder {
            HTTPServerBuilder { responder in
                ProgressChildChannel(
                    responder: responder,
                    connections: progress.hosting.connections(isSecure: isSecure),
                    onShutdown: { progress.leave() }
                )
            }
        }
    }
#endif
