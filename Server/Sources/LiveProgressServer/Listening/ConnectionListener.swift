// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Logging
import NIOCore
import NIOPosix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The listening socket of the server.
///
/// A connection gets a task only when it sends a request for a route. The channel handlers alone drive a connection that
/// upgrades to WebSocket.
struct ConnectionListener: Sendable {
    /// The maximum number of connections that wait in the kernel to be accepted; the kernel may allow fewer.
    private static let backlog: Int32 = 4096
    /// The maximum number of connections to accept in a row, before the event loop serves open connections again.
    private static let acceptsInARow: UInt = 64

    /// The maximum number of unsent bytes in the kernel's send buffer of a connection (`TCP_NOTSENT_LOWAT`).
    ///
    /// Unread reports then stay in the journal, which all watchers share, and a slow watcher later reads newer reports.
    /// Without this limit the kernel would buffer up to 4 MiB for each connection (`tcp_wmem`). The limit does not count
    /// bytes in flight, so it does not slow down a distant client. Accepted sockets inherit it from the listening socket.
    private static let unsentLimit: CInt = 64 * 1024

    private let channel: any Channel

    /// Opens the listening socket and starts to accept connections.
    ///
    /// - Parameters:
    ///   - host: The name or address to listen on.
    ///   - port: The port; 0 selects a free port.
    ///   - connections: Serves each accepted connection.
    ///   - logger: The logger.
    ///   - onPause: Called when accepting pauses after an error.
    /// - Returns: The open listener.
    /// - Throws: The error that prevents the server from listening.
    static func bind(
        host: String,
        port: Int,
        serving connections: ConnectionServing,
        logger: Logger,
        onPause: @escaping @Sendable () -> Void = {}
    ) async throws -> ConnectionListener {
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.tcpOption(.init(rawValue: TCP_NOTSENT_LOWAT)), value: .init(unsentLimit))
            .serverChannelOption(.maxMessagesPerRead, value: acceptsInARow)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AcceptErrorHandler(logger: logger, onPause: onPause)
                    )
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try connections.serve(channel) }
            }
            .bind(host: host, port: port).get()
        logger.info("Listening", metadata: ["address": "\(channel.localAddress?.description ?? host)"])
        return ConnectionListener(channel: channel)
    }

    /// The port of the listening socket.
    var port: Int? { channel.localAddress?.port }

    /// Stops accepting connections; open connections stay open.
    func close() {
        channel.close(promise: nil)
    }

    /// Returns when the listening socket is closed.
    func waitUntilClosed() async {
        // The close future of a channel never fails.
        try? await channel.closeFuture.get()
    }
}
