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

/// A fault that a schedule found.
struct ScheduleFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// A TCP connection to 127.0.0.1 that the caller drives step by step, on the caller's thread.
///
/// No event loop reads ahead. Unread bytes stay in the kernel's small buffers, so the server's own buffer fills and its
/// writes become short.
final class RawSocket {
    /// The result of a read.
    enum Received {
        case bytes(ByteBuffer)
        /// No bytes are available yet.
        case nothing
        /// The server has ended its stream.
        case end
        /// The connection was reset.
        case reset
    }

    /// The longest wait for a server, in milliseconds; only a server that hangs exceeds this time.
    private static let hangLimit: CInt = 120_000

    private let descriptor: CInt
    private var isClosed = false

    /// Connects, and returns after the connection is established.
    init(port: Int, receiveBuffer: Int) throws {
        descriptor = socket(AF_INET, streamType, 0)
        guard descriptor >= 0 else { throw ScheduleFailure("socket: errno \(errno)") }
        // Small segments, because the kernel waits for a timer when the window is below one segment.
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

    /// Sends all bytes; returns `false` if the server has closed the connection.
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

    /// Receives at most `limit` of the available bytes, without waiting.
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

    /// Acknowledges the received bytes immediately, because delayed acknowledgements would slow down every step.
    private func acknowledge() {
        #if os(Linux)
            set(CInt(IPPROTO_TCP), TCP_QUICKACK, 1)
        #endif
    }

    /// Waits until bytes or an end can be received; throws if the server hangs.
    func waitUntilReadable() throws {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while true {
            let count = poll(&entry, 1, Self.hangLimit)
            if count > 0 { return }
            guard count < 0, errno == EINTR else { throw ScheduleFailure("the server hangs: it sends no more bytes") }
        }
    }

    /// Closes the output, so the server sees the end of the stream.
    func closeOutput() { shutdown(descriptor, CInt(SHUT_WR)) }

    /// Resets the connection: bytes in flight are lost, and the server's next write fails.
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
    /// No flag is needed: NIO turns off the signal of a broken connection in this process.
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
