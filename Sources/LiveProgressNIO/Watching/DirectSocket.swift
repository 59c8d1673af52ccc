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

/// The socket of a channel, written with `send(2)` instead of through the channel's pipeline: one system call per write.
///
/// A write through a channel costs one or two microseconds of overhead, and a fan-out consists only of writes. Direct writes are
/// sound under these conditions:
///
/// - *The descriptor belongs to the channel.* It is used on the channel's event loop, while the channel is active. A channel
///   closes its descriptor and becomes inactive in one step on that loop, with no callback between. So a descriptor that the
///   system has given to another connection is never used here. ``WatcherOutput`` checks this before a single write. A
///   ``FanoutCohort`` writes to many sockets without a check: it holds only the sockets of its watchers, and a watcher leaves the
///   cohort when its channel reports that it is inactive. The report comes later than the step above, but in the same turn of the
///   loop. Between the two, the channel fails its pending writes. A cohort is written in a separate turn (``FanoutWaker``), never
///   from within a channel's call.
/// - *The order is kept.* No bytes may wait in the channel (pongs, close frames, the rest of a short write), because a direct
///   write would overtake them. ``WatcherOutput`` provides its socket only after the channel has reported that no bytes wait, and
///   withdraws the socket with each write through the channel. Later writes always follow a direct write, because the socket
///   already has the bytes of the direct write.
/// - *No handler changes the bytes*, as encryption and compression do. ``DirectWriteProbe`` detects such handlers.
/// - *The stream has not ended.* A half-closed channel has sent its close frame, after which no message is sent.
///
/// The channel's registration with its selector does not change. The channel waits for writability when it holds bytes, and it
/// gets the rest of each write that the socket does not take in full.
struct DirectSocket {
    private let descriptor: NIOBSDSocket.Handle

    /// Creates the socket of a channel, on its event loop; `nil` if the channel has no socket.
    init?(of channel: any Channel) {
        let pipeline = channel.pipeline.syncOperations
        let handle = try? pipeline.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { $0 }
        guard let handle else { return nil }
        descriptor = handle
    }

    /// Writes as many bytes as the socket takes without blocking.
    ///
    /// - Parameter bytes: The bytes to write.
    /// - Returns: The number of written bytes, 0 if the socket is full; `nil` if the connection is broken.
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
    /// On Darwin, the `SIGPIPE` signal of a broken connection is disabled for each socket.
    private let sendFlags = MSG_DONTWAIT
#elseif canImport(Musl)
    private let systemSend = Musl.send
    private let sendFlags = CInt(MSG_DONTWAIT | MSG_NOSIGNAL)
#elseif canImport(Glibc)
    private let systemSend = Glibc.send
    private let sendFlags = CInt(MSG_DONTWAIT | MSG_NOSIGNAL)
#endif
