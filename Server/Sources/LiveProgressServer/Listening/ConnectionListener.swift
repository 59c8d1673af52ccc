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

/// The port that the server listens on.
///
/// A connection costs a task only once it asks for a route: one that upgrades is driven by its handlers from the first
/// byte on.
struct ConnectionListener: Sendable {
    /// How many connections may wait in the system to be taken in; it may allow fewer.
    private static let backlog: Int32 = 4096
    /// How many are taken in before those that are there get their turn.
    private static let acceptsInARow: UInt = 64

    /// How much may wait in the system's buffer of a connection beside what is on its way, in bytes.
    ///
    /// What a watcher does not take stays in the journal, which all watchers share, and is newer when it is taken at last.
    /// The system alone would keep up to 4 MiB for each (`tcp_wmem`); what is on its way is not limited by this, so that
    /// a distant client gets its data as fast as ever. Every connection inherits it from the port.
    private static let unsentLimit: CInt = 64 * 1024

    private let channel: any Channel

    /// Begins to listen.
    ///
    /// - Parameters:
    ///   - host: The name or address to listen on.
    ///   - port: The port; 0 for one that is free.
    ///   - connections: What serves the connections.
    ///   - logger: Where it logs.
    ///   - onPause: Told when no connection is taken in for a moment.
    /// - Returns: The port, open.
    /// - Throws: What keeps the server from listening.
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

    /// The port that it listens on.
    var port: Int? { channel.localAddress?.port }

    /// Takes no more connections in; those that are there go on.
    func close() {
        channel.close(promise: nil)
    }

    /// Returns when it has been closed.
    func waitUntilClosed() async {
        // The closing of a channel never fails.
        try? await channel.closeFuture.get()
    }
}
