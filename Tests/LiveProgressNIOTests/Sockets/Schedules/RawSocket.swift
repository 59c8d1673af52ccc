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

/// What a schedule found wrong, in words.
struct ScheduleFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// A TCP connection to the loopback that does exactly what it is told, on the thread of the caller.
///
/// No event loop reads ahead: what the test does not take stays in the kernel, whose buffers are small, so that the
/// server's own buffer fills up and its writes fall short.
final class RawSocket {
    /// What a read gave.
    enum Received {
        case bytes(ByteBuffer)
        /// Nothing is there yet.
        case nothing
        /// The server has ended its stream.
        case end
        /// The connection was reset.
        case reset
    }

    /// How long a server that should send something may be silent: only a hanging one ever is for so long.
    private static let hangLimit: CInt = 120_000

    private let descriptor: CInt
    private var isClosed = false

    /// Connects, and waits until the connection is there.
    init(port: Int, receiveBuffer: Int) throws {
        descriptor = socket(AF_INET, streamType, 0)
        guard descriptor >= 0 else { throw ScheduleFailure("socket: errno \(errno)") }
        // Small segments: a window smaller than one of the loopback's own would be waited for with the kernel's timers.
        set(CInt(IPPROTO_TCP), TCP_MAXSEG, 1000)
        set(CInt(IPPROTO_TCP), TCP_NODELAY, 1)
        set(SOL_SOCKET, SO_RCVBUF, CInt(receiveBuffer))
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: port)
        let result = address.withSockAddr { connect(descriptor, $0, socklen_t($1)) }
        guard result == 0 else { throw ScheduleFailure("connect: errno \(errno)") }
    }

    deinit { close() }

    private func set<Value: BitwiseCopyable>(_ level: CInt, _ option: CInt, _ value: Value) {
        var value = value
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Value>.size))
    }

    /// Sends all of the bytes; `false` where the server has closed the connection.
    func send(_ bytes: ByteBuffer) -> Bool {
        var rest = bytes
        while rest.readableBytes > 0 {
            let count = rest.withUnsafeReadableBytes { systemSend(descriptor, $0.baseAddress, $0.count, sendFlags) }
            if count < 0 {
                guard errno == EINTR else { return false }
                continue
            }
            rest.moveReaderIndex(forwardBy: count)
        }
        return true
    }

    /// Takes at most so many bytes of those that are there.
    func receive(upTo limit: Int) -> Received {
        var buffer = ByteBuffer()
        var result = 0
        repeat {
            buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: limit) { space in
                result = recv(descriptor, space.baseAddress, limit, CInt(MSG_DONTWAIT))
                return max(0, result)
            }
        } while result < 0 && errno == EINTR
        let reason = errno
        acknowledge()
        if result > 0 { return .bytes(buffer) }
        if result == 0 { return .end }
        return reason == EAGAIN || reason == EWOULDBLOCK ? .nothing : .reset
    }

    /// Tells the server at once what was taken: a kernel that waits for more to tell of is slower than all else here.
    private func acknowledge() {
        #if os(Linux)
            set(CInt(IPPROTO_TCP), TCP_QUICKACK, 1)
        #endif
    }

    /// Waits until there is something to receive: bytes, or an end.
    func waitUntilReadable() throws {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while true {
            let count = poll(&entry, 1, Self.hangLimit)
            if count > 0 { return }
            guard count < 0, errno == EINTR else { throw ScheduleFailure("the server hangs: nothing comes any more") }
        }
    }

    /// Sends no more: the server sees the end of the stream.
    func closeOutput() { shutdown(descriptor, CInt(SHUT_WR)) }

    /// Leaves without a word: what is on its way is lost, and the server's next write fails.
    func reset() {
        set(SOL_SOCKET, SO_LINGER, linger(l_onoff: 1, l_linger: 0))
        close()
    }

    /// Closes the connection.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        _ = systemClose(descriptor)
    }
}

#if canImport(Darwin)
    private let streamType = SOCK_STREAM
    private let systemSend = Darwin.send
    private let systemClose = Darwin.close
    /// The test's process has no use for the signal of a broken connection, and NIO has turned it off.
    private let sendFlags: CInt = 0
#elseif canImport(Musl)
    private let streamType = SOCK_STREAM
    private let systemSend = Musl.send
    private let systemClose = Musl.close
    private let sendFlags = CInt(MSG_NOSIGNAL)
#elseif canImport(Glibc)
    private let streamType = CInt(SOCK_STREAM.rawValue)
    private let systemSend = Glibc.send
    private let systemClose = Glibc.close
    private let sendFlags = CInt(MSG_NOSIGNAL)
#endif
