// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOEmbedded
import NIOHTTP2
import Testing

@testable import LiveProgressServer

@Suite("An HTTP/2 stream")
struct HTTP2StreamTests {
    /// Returns a stream channel with an `HTTP2StreamHandler` and without routes.
    private static func stream() throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandler(HTTP2StreamHandler(timeout: .seconds(60)))
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        return channel
    }

    private static func data(isLast: Bool) -> HTTP2Frame.FramePayload {
        .data(HTTP2Frame.FramePayload.Data(data: .byteBuffer(ByteBuffer(string: "x")), endStream: isLast))
    }

    /// Returns a word for each written frame: `end` for a last frame, `reset` for RST_STREAM with NO_ERROR, and `more` for
    /// others.
    private static func written(_ channel: EmbeddedChannel) throws -> [String] {
        var names: [String] = []
        while let payload = try channel.readOutbound(as: HTTP2Frame.FramePayload.self) {
            switch payload {
            case .data(let data) where data.endStream: names.append("end")
            case .rstStream(.noError): names.append("reset")
            default: names.append("more")
            }
        }
        return names
    }

    @Test("a stream closes if its request is incomplete at the timeout")
    func drips() throws {
        let channel = try Self.stream()
        for _ in 0..<6 {
            channel.embeddedEventLoop.advanceTime(by: .seconds(9))
            try channel.writeInbound(Self.data(isLast: false))
        }
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(6))
        #expect(!channel.isActive)
    }

    @Test("the response to a complete request has no timeout")
    func waits() throws {
        let channel = try Self.stream()
        try channel.writeInbound(Self.data(isLast: true))
        channel.embeddedEventLoop.advanceTime(by: .hours(24))
        #expect(channel.isActive)
        try channel.writeOutbound(Self.data(isLast: true))
        #expect(try Self.written(channel) == ["end"])
    }

    @Test("if the response is complete before the request, RST_STREAM follows the response")
    func tellsToStop() throws {
        let channel = try Self.stream()
        try channel.writeInbound(Self.data(isLast: false))
        channel.write(Self.data(isLast: false), promise: nil)
        channel.write(Self.data(isLast: true), promise: nil)
        #expect(try Self.written(channel) == [], "the response is not flushed yet")
        channel.flush()
        #expect(try Self.written(channel) == ["more", "end", "reset"])
    }

    @Test("the routes receive an error if the stream closes within a request, but not after it")
    func breaksOff() throws {
        for isWhole in [false, true] {
            let channel = try Self.stream()
            try channel.writeInbound(Self.data(isLast: isWhole))
            channel.pipeline.fireChannelInactive()
            if isWhole {
                try channel.throwIfErrorCaught()
            } else {
                #expect(throws: (any Error).self) { try channel.throwIfErrorCaught() }
            }
        }
    }
}
