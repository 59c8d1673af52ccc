// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@_spi(Server) import LiveProgressHTTP
@_spi(Server) import LiveProgressNIO
import NIOCore
import NIOEmbedded
import Testing

@testable import LiveProgressServer

@Suite("A connection of HTTP/2")
struct HTTP2PipelineTests {
    /// A connection whose streams are served so, on which a client has begun.
    private static func connection(
        serve: @escaping @Sendable (any Channel) throws -> Void
    ) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        try HTTP2Pipeline(limits: ConnectionLimits(), refusals: LimitRefusals()).add(to: channel, serve: serve)
        try channel.writeInbound(ByteBuffer(string: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
        try channel.writeInbound(frame(type: 4, flags: 0, stream: 0, []))
        return channel
    }

    /// A frame of RFC 9113 section 4.1.
    private static func frame(type: UInt8, flags: UInt8, stream: UInt8, _ payload: [UInt8]) -> ByteBuffer {
        ByteBuffer(bytes: [0, 0, UInt8(payload.count), type, flags, 0, 0, 0, stream] + payload)
    }

    /// The headers of a whole request, by the static table of RFC 7541 appendix A: GET, https, /.
    private static func request(stream: UInt8) -> ByteBuffer {
        frame(type: 1, flags: 0x5, stream: stream, [0x82, 0x87, 0x84])
    }

    @Test("a stream that closes within its own first read counts as closed: its connection is idle, and goes")
    func closesWithinRead() throws {
        let channel = try Self.connection { stream in
            try stream.pipeline.syncOperations.addHandler(ClosesAtOnce())
        }
        try channel.writeInbound(Self.request(stream: 1))
        try channel.writeInbound(Self.request(stream: 3))
        #expect(channel.isActive)
        // Idle for its time, told so, and gone when the client had time to hear it.
        let limits = ConnectionLimits()
        channel.embeddedEventLoop.advanceTime(by: TimeAmount(limits.idleTimeout))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: TimeAmount(limits.lingerTimeout))
        #expect(!channel.isActive)
    }

    @Test("a stream that is open keeps its connection, which goes behind it when the server goes")
    func staysForStream() throws {
        let channel = try Self.connection { _ in }
        try channel.writeInbound(Self.request(stream: 1))
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(channel.isActive)
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(channel.isActive, "its answer is still to come")
        // The client gives the stream up.
        try channel.writeInbound(Self.frame(type: 3, flags: 0, stream: 1, [0, 0, 0, 8]))
        channel.embeddedEventLoop.run()
        #expect(!channel.isActive)
    }
}

/// Closes its stream as soon as anything comes.
private final class ClosesAtOnce: ChannelInboundHandler {
    typealias InboundIn = Any

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.close(promise: nil)
    }
}
