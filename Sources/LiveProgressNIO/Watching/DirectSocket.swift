// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#elseif canImport(Glibc)
    import Glibc
#endif

/// A channel's own socket, written with `send(2)` beside the channel's pipeline: one system call and nothing else.
///
/// A channel takes a microsecond or two of its own for each write, and a fan-out is nothing but writes. Writing beside it
/// is sound under these conditions:
///
/// - *The descriptor is the channel's.* It is used on the channel's event loop, while the channel is active. A channel
///   closes its descriptor and becomes inactive in one step on that loop, with no callback between, so a descriptor
///   that the system has given to another connection is never used here. ``WatcherOutput`` checks before a single write.
///   A ``FanoutCohort`` writes to many without a check: it holds the sockets of its watchers only, and a watcher leaves
///   it when its channel reports that it is inactive. That is later than the step above, but in the same turn of the loop,
///   and between the two the channel fails what it had not written; a cohort is written in a turn of its own
///   (``FanoutWaker``), never from within a channel's call.
/// - *Order.* No bytes may wait in the channel, or a direct write would overtake them: pongs, close frames, the rest of a
///   short write. ``WatcherOutput`` gives its socket away only after it has asked the channel for its waiting bytes, and
///   takes it back with each write through the channel. What follows a direct write is behind it in any case, because
///   the socket has those bytes already.
/// - *No handler changes the bytes*, as encryption and compression do. ``DirectWriteProbe`` finds that out.
/// - *No end of the stream before.* A half-closed channel has sent its close frame, after which no message is sent.
///
/// The channel's registration with its selector is not touched: it asks for writability when it holds bytes itself, and
/// a write that the socket does not take in full is handed to it.
struct DirectSocket {
    private let descriptor: NIOBSDSocket.Handle

    /// The socket of a channel, or `nil` where the channel has none; on its event loop.
    init?(of channel: any Channel) {
        let pipeline = channel.pipeline.syncOperations
        let handle = try? pipeline.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { $0 }
        guard let handle else { return nil }
        descriptor = handle
    }

    /// Writes as much as the socket takes at once.
    ///
    /// - Parameter bytes: What to write.
    /// - Returns: How many bytes it took, 0 where it is full; `nil` where the connection is broken.
    func send(_ bytes: UnsafeRawBufferPointer) -> Int? {
        while true {
            let count = systemSend(descriptor, bytes.baseAddress, bytes.count, sendFlags)
            if count >= 0 { return count }
            switch errno {
            case EINTR: continue
            case EAGAIN, EWOULDBLOCK, ENOBUFS: return 0
            default: return nil
            }
        }
    }
}

#if canImport(Darwin)
    private let systemSend = Darwin.send
    /// The signal of a broken connection is off for each socket there.
    private let sendFlags = MSG_DONTWAIT
#elseif canImport(Musl)
    private let systemSend = Musl.send
    private let sendFlags = CInt(MSG_DONTWAIT | MSG_NOSIGNAL)
#elseif canImport(Glibc)
    private let systemSend = Glibc.send
    private let sendFlags = CInt(MSG_DONTWAIT | MSG_NOSIGNAL)
#endif
