// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOEmbedded
import NIOHTTP2
import Testing

@testable import LiveProgressServer

@Suite("An HTTP/2 stream with a closed flow-control window")
struct HTTP2UnreadTests {
    /// Returns a stream channel, and a handler that holds its frames as a closed flow-control window does.
    private static func stream(_ onGivingUp: @escaping () -> Void = {}) throws -> (EmbeddedChannel, ClosedWindow) {
        let channel = EmbeddedChannel()
        let window = ClosedWindow()
        try channel.pipeline.syncOperations.addHandlers([
            window, HTTP2UnreadHandler(limit: .seconds(30), onGivingUp: onGivingUp),
        ])
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        return (channel, window)
    }

    private static func data(_ count: Int) -> HTTP2Frame.FramePayload {
        let bytes = ByteBuffer(repeating: 0x78, count: count)
        return .data(HTTP2Frame.FramePayload.Data(data: .byteBuffer(bytes), endStream: true))
    }

    @Test("the stream closes at the timeout, and the timeout is reported once")
    func ends() throws {
        var count = 0
        let (channel, window) = try Self.stream { count += 1 }
        channel.writeAndFlush(Self.data(1), promise: nil)
        channel.embeddedEventLoop.advanceTime(by: .seconds(29))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
        #expect(count == 1)
        window.open(1)
    }

    @Test("a large response is written in pieces, and each completed piece restarts the timeout")
    func reads() throws {
        let (channel, window) = try Self.stream()
        let written = channel.eventLoop.makePromise(of: Void.self)
        channel.writeAndFlush(Self.data(100_000), promise: written)
        #expect(window.sizes == [16_384, 16_384, 16_384, 16_384, 16_384, 16_384, 1_696])
        #expect(window.lasts == [false, false, false, false, false, false, true])
        for _ in 0..<7 {
            channel.embeddedEventLoop.advanceTime(by: .seconds(29))
            window.open(1)
        }
        #expect(channel.isActive)
        try written.futureResult.wait()
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(channel.isActive)
    }
}

/// Holds written frames until a test opens the window.
private final class ClosedWindow: ChannelOutboundHandler {
    typealias OutboundIn = HTTP2Frame.FramePayload

    private(set) var sizes: [Int] = []
    private(set) var lasts: [Bool] = []
    private var promises: [EventLoopPromise<Void>] = []

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .data(let payload) = Self.unwrapOutboundIn(data) else { return }
        sizes.append(payload.data.readableBytes)
        lasts.append(payload.endStream)
        if let promise { promises.append(promise) }
    }

    func flush(context: ChannelHandlerContext) {}

    func open(_ count: Int) {
        for promise in promises.prefix(count) { promise.succeed() }
        promises.removeFirst(count)
    }
}
