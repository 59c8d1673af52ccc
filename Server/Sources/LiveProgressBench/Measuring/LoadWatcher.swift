// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

@testable import LiveProgressWebSocket

/// One watcher of a crowd: requests the upgrade, and counts the messages after the upgrade.
final class LoadWatcher: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case upgrading(head: ByteBuffer)
        case watching
        case gone
    }

    private let key = HandshakeKey()
    private let target: String
    private let host: String
    private let tally: LoadTally
    private var state = State.upgrading(head: ByteBuffer())
    private var scanner = FrameScanner()
    private var last: UInt64 = 0

    /// Creates a watcher of the operation at `target` of `host`, which counts its messages in the tally.
    init(target: String, host: String, tally: LoadTally) {
        self.target = target
        self.host = host
        self.tally = tally
    }

    func channelActive(context: ChannelHandlerContext) {
        let request = """
            GET \(target) HTTP/1.1\r\nHost: \(host)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Key: \(key.text)\r\nSec-WebSocket-Version: 13\r\n\r\n
            """
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(string: request)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        switch state {
        case .gone: return
        case .watching: break
        case .upgrading(var head):
            head.writeBuffer(&bytes)
            guard let end = Self.endOfHead(head.readableBytesView) else {
                state = .upgrading(head: head)
                return
            }
            let answer = String(buffer: head.readSlice(length: end) ?? ByteBuffer())
            guard answer.hasPrefix("HTTP/1.1 101 "), answer.contains(key.accept) else {
                return leave(context, "it refused a watcher: \(answer.prefix { !$0.isNewline })")
            }
            state = .watching
            bytes = head
        }
        scan(bytes, context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave(context, "it closed the connection of a watcher")
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        leave(context, "the connection of a watcher broke: \(error)")
    }

    private func scan(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        // The server writes the time of the same clock into its messages.
        let now = NIODeadline.now().uptimeNanoseconds
        do {
            try bytes.withUnsafeReadableBytes { buffer in
                try scanner.scan(buffer) { event in
                    switch event {
                    case .message(let made):
                        tally.count(made: made, after: last, now: now)
                        last = made ?? last
                    case .ping(let payload): answer(payload, context)
                    case .close: leave(context, "it sent a close frame to a watcher")
                    }
                }
            }
        } catch {
            leave(context, "it sent a frame that a bench server does not send")
        }
    }

    private func answer(_ payload: [UInt8], _ context: ChannelHandlerContext) {
        let pong = FrameEncoder(role: .client).encode(.pong, ByteBuffer(bytes: payload))
        context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
    }

    private func leave(_ context: ChannelHandlerContext, _ reason: String) {
        if case .gone = state { return }
        state = .gone
        tally.fail(BenchError("the server cannot be measured: \(reason)"))
        context.close(promise: nil)
    }

    /// Returns the length of the response's head including the empty line, or `nil` if the head is incomplete.
    private static func endOfHead(_ bytes: ByteBufferView) -> Int? {
        let end: [UInt8] = [13, 10, 13, 10]
        guard bytes.count >= end.count else { return nil }
        return (0...(bytes.count - end.count)).first { offset in
            bytes[(bytes.startIndex + offset)...].starts(with: end)
        }.map { $0 + end.count }
    }
}
