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

    /// A server connection that serves an application's routes, and live progress over WebSocket.
    ///
    /// After an accepted upgrade, handlers on the event loop drive the connection without a task. A refused upgrade
    /// gets its response before the request reaches the routes.
    @_spi(Server) public struct ProgressChildChannel: ServerChildChannel, HTTPChannelHandler {
        /// A connection; its first request decides between HTTP and a WebSocket.
        @_spi(Server) public struct Value: ServerChildChannelValue {
            /// The connection.
            @_spi(Server) public let channel: any Channel
            let outcome: EventLoopFuture<ConnectionOutcome<HTTP1Channel.Value>>
        }

        /// The responder for ordinary requests.
        @_spi(Server) public let responder: HTTPChannelHandler.Responder
        /// The setup of connections, which decides on upgrades and applies the limits.
        @_spi(Server) public let connections: ConnectionSetup

        private let shutdown: Shutdown?

        /// Creates a channel that serves the routes of a responder.
        ///
        /// - Parameters:
        ///   - responder: The responder for ordinary requests.
        ///   - connections: The setup of connections, which decides on upgrades and applies the limits.
        ///   - onShutdown: Called once when the service that handles the connections starts to shut down gracefully.
        @_spi(Server) public init(
            responder: @escaping HTTPChannelHandler.Responder,
            connections: ConnectionSetup,
            onShutdown: (@Sendable () -> Void)? = nil
        ) {
            let isSecure = connections.isSecure
            self.responder = { request, writer, channel in
                // A closure cannot consume a captured value, but can take it out of an optional.
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
        @_spi(Server) public func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
            channel.eventLoop.makeCompletedFuture {
                Value(channel: channel, outcome: try prepare(channel: channel, logger: logger))
            }
        }

        /// Prepares a connection for its first request, for a custom server; call it on the connection's event loop.
        ///
        /// - Returns: The outcome, known after the first request. If the outcome is the HTTP path, call
        ///   `handleHTTP(asyncChannel:logger:)` to serve the routes.
        /// - Throws: The error of adding a handler; the connection is then unusable.
        @_spi(Server) public func prepare(
            channel: any Channel,
            logger: Logger
        ) throws -> EventLoopFuture<ConnectionOutcome<HTTP1Channel.Value>> {
            try connections.configure(channel, addHTTPHandlers: routes(logger))
        }

        /// Prepares a connection for its first request, and passes the outcome to a closure.
        ///
        /// - Parameters:
        ///   - channel: The connection.
        ///   - logger: The logger for the routes.
        ///   - completion: Called once, on the event loop, with the outcome after the first request.
        /// - Throws: The error of adding a handler; the connection is then unusable.
        @_spi(Server) public func prepare(
            channel: any Channel,
            logger: Logger,
            completion: @escaping (ConnectionOutcome<HTTP1Channel.Value>) -> Void
        ) throws {
            try connections.configure(channel, addHTTPHandlers: routes(logger), completion: completion)
        }

        private func routes(_ logger: Logger) -> @Sendable (any Channel) -> EventLoopFuture<HTTP1Channel.Value> {
            let isSecure = connections.isSecure
            return { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        HTTP1ToHTTPServerCodec(secure: isSecure),
                        // This handler gets no timeouts: the handlers before it apply the timeouts of the limits.
                        HTTPConnectionStateHandler(logger: logger),
                    ])
                    return try HTTP1Channel.Value(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(isOutboundHalfClosureEnabled: true)
                    )
                }
            }
        }

        /// Serves the routes until the connection closes; returns immediately if the connection has left HTTP.
        @_spi(Server) public func handle(value: Value, logger: Logger) async {
            guard let shutdown, shutdown.isFirst() else { return await serve(value, logger) }
            // One task of the first connection waits for the shutdown on behalf of all connections.
            await withDiscardingTaskGroup { group in
                group.addTask { if (try? await gracefulShutdown()) != nil { shutdown.tell() } }
                await serve(value, logger)
            }
        }

        private func serve(_ value: Value, _ logger: Logger) async {
            // The future never fails: a broken connection has the outcome of a closed connection.
            guard let outcome = try? await value.outcome.get(), case .http(let path) = outcome else { return }
            await handleHTTP(asyncChannel: path, logger: logger)
        }
    }

    /// The callback for the graceful shutdown of a server; the server's first connection waits for the shutdown.
    private final class Shutdown: Sendable {
        let tell: @Sendable () -> Void
        private let isAwaited = Atomic(false)

        init(_ tell: @escaping @Sendable () -> Void) { self.tell = tell }

        func isFirst() -> Bool { !isAwaited.exchange(true, ordering: .relaxed) }
    }

    extension HTTPServerBuilder {
        /// Returns a server for HTTP/1.1 and for live progress over WebSocket on the same port.
        ///
        /// ```swift
        /// let app = Application(router: router, server: .progress(progress), services: [progress])
        /// ```
        /// With TLS: `try .tls(.progress(progress, isSecure: true), tlsConfiguration: configuration)` of `HummingbirdTLS`.
        ///
        /// - Parameters:
        ///   - progress: The live progress to serve beside the application's routes.
        ///   - isSecure: Whether the application encrypts the connections with TLS.
        /// - Returns: The application's server.
        public static func progress(_ progress: ProgressServer, isSecure: Bool = false) -> HTTPServerBuilder {
            HTTPServerBuilder { responder in
                ProgressChildChannel(
                    responder: responder,
                    connections: progress.hosting.connections(isSecure: isSecure),
                    onShutdown: { progress.beginShutdown() }
                )
            }
        }
    }
#endif
