// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

/// Chooses between the socket and the channel for each write of one connection.
///
/// It writes to the socket itself. The caller writes to the channel, because a channel may call back while it writes. Belongs to
/// the channel's event loop.
struct WatcherOutput {
    /// What the caller must still do for a write.
    enum Rest {
        /// Nothing.
        case none
        /// Write the bytes through the channel, whose writability shows when it holds too many.
        case channel(ByteBuffer)
        /// As ``channel(_:)``, and report with ``WatcherOutput/probed(_:)`` whether the bytes arrived at the socket unchanged.
        case probe(ByteBuffer)
        /// Write the bytes, which the socket did not take, through the channel; the watcher is not writable until then.
        case waiting(ByteBuffer)
        /// Close the channel: the connection is broken.
        case broken
    }

    private enum Route {
        /// The next write finds out the route.
        case unknown
        case socket(DirectSocket)
        case channel
    }

    private var route: Route
    /// Whether the channel may hold bytes that a direct write would overtake; `false` only if it certainly holds none.
    private var channelMayHoldBytes = true

    init(path: WritePath) {
        route = path == .direct ? .unknown : .channel
    }

    /// The socket, if it may be written without a check of the channel; `nil` if ``send(_:on:)`` must be called.
    var freeSocket: DirectSocket? {
        guard case .socket(let socket) = route, !channelMayHoldBytes else { return nil }
        return socket
    }

    /// Records a write to ``freeSocket``, and returns what remains to be done.
    ///
    /// - Parameters:
    ///   - count: The number of bytes that the socket took; `nil` if the connection is broken.
    ///   - bytes: All bytes of the write.
    /// - Returns: What the caller must still do.
    mutating func sent(_ count: Int?, of bytes: ByteBuffer) -> Rest {
        guard let count else { return .broken }
        guard count < bytes.readableBytes else { return .none }
        var rest = bytes
        rest.moveReaderIndex(forwardBy: count)
        return wait(for: rest)
    }

    /// Writes as many bytes as the socket takes, and returns what the caller must still do.
    mutating func send(_ bytes: ByteBuffer, on channel: any Channel) -> Rest {
        switch route {
        case .channel: return .channel(bytes)
        case .unknown: return .probe(bytes)
        case .socket(let socket):
            guard channel.isActive else { return .none }
            guard mayOvertake(channel) else { return wait(for: bytes) }
            return sent(bytes.withUnsafeReadableBytes(socket.send), of: bytes)
        }
    }

    /// Records the probe's result: the socket, or `nil` if it must not be written directly.
    mutating func probed(_ socket: DirectSocket?) {
        route = socket.map { .socket($0) } ?? .channel
    }

    /// Records that other bytes are about to be written through the channel.
    mutating func writesThroughChannel() {
        channelMayHoldBytes = true
    }

    private mutating func mayOvertake(_ channel: any Channel) -> Bool {
        guard channelMayHoldBytes else { return true }
        let held = try? channel.syncOptions?.getOption(.bufferedWritableBytes)
        channelMayHoldBytes = held != 0
        return !channelMayHoldBytes
    }

    private mutating func wait(for bytes: ByteBuffer) -> Rest {
        channelMayHoldBytes = true
        return .waiting(bytes)
    }
}
