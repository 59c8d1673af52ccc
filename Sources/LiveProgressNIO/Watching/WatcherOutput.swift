// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

/// Decides for one connection, write by write, between the socket and the channel.
///
/// It writes to the socket itself; what goes through the channel its caller writes, because a channel may call
/// back while it writes. Belongs to the channel's event loop.
struct WatcherOutput {
    /// What is left to do for a write.
    enum Rest {
        /// Nothing.
        case none
        /// Write the bytes through the channel, which says by its writability when it is too much.
        case channel(ByteBuffer)
        /// As ``channel(_:)``, and say by ``WatcherOutput/probed(_:)`` whether they arrived at the socket as they are.
        case probe(ByteBuffer)
        /// Write the bytes, which the socket did not take, through the channel; the watcher is not writable until then.
        case waiting(ByteBuffer)
        /// Close the channel: the connection is broken.
        case broken
    }

    private enum Route {
        /// The next write finds out where it goes.
        case unknown
        case socket(DirectSocket)
        case channel
    }

    private var route: Route
    /// Whether the channel may hold bytes that a direct write would overtake; `false` only if it certainly does not.
    private var channelMayHoldBytes = true

    init(path: WritePath) {
        route = path == .direct ? .unknown : .channel
    }

    /// The socket, while it may be written without asking the channel; `nil` where ``send(_:on:)`` must be asked.
    var freeSocket: DirectSocket? {
        guard case .socket(let socket) = route, !channelMayHoldBytes else { return nil }
        return socket
    }

    /// Takes note of a write to ``freeSocket``, and gives what is left to do.
    ///
    /// - Parameters:
    ///   - count: How many bytes the socket took; `nil` where the connection is broken.
    ///   - bytes: What was to be written.
    /// - Returns: What its caller has to do.
    mutating func sent(_ count: Int?, of bytes: ByteBuffer) -> Rest {
        guard let count else { return .broken }
        guard count < bytes.readableBytes else { return .none }
        var rest = bytes
        rest.moveReaderIndex(forwardBy: count)
        return wait(for: rest)
    }

    /// Writes what the socket takes of the bytes, and gives what is left to do.
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

    /// The probe's result: the socket, or `nil` where it must not be written directly.
    mutating func probed(_ socket: DirectSocket?) {
        route = socket.map { .socket($0) } ?? .channel
    }

    /// Something else is about to be written through the channel.
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
