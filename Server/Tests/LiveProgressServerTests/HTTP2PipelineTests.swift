// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@_spi(Server) import LiveProgressHTTP
@_spi(Server) import LiveProgressNIO
import NIOCore
import NIOEmbedded
import Testing

@testable import LiveProgressServer

@Suite("An HTTP/2 connection")
struct HTTP2PipelineTests {
    /// Returns a connection that serves its streams by `serve`, after the client's preface and SETTINGS.
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

    /// Returns a frame (RFC 9113 section 4.1).
    private static func frame(type: UInt8, flags: UInt8, stream: UInt8, _ payload: [UInt8]) -> ByteBuffer {
        ByteBuffer(bytes: [0, 0, UInt8(payload.count), type, flags, 0, 0, 0, stream] + payload)
    }

    /// Returns the HEADERS frame of a complete request (GET, https, /), from the static table of RFC 7541 appendix A.
    private static func request(stream: UInt8) -> ByteBuffer {
        frame(type: 1, flags: 0x5, stream: stream, [0x82, 0x87, 0x84])
    }

    @Test("a connection is idle after its streams have closed within their first read, and closes")
    func closesWithinRead() throws {
        let channel = try Self.connection { stream in
            try stream.pipeline.syncOperations.addHandler(ClosesAtOnce())
        }
        try channel.writeInbound(Self.request(stream: 1))
        try channel.writeInbound(Self.request(stream: 3))
        #expect(channel.isActive)
        // The connection sends GOAWAY after the idle timeout, and closes after the linger timeout.
        let limits = ConnectionLimits()
        channel.embeddedEventLoop.advanceTime(by: TimeAmount(limits.idleTimeout))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: TimeAmount(limits.lingerTimeout))
        #expect(!channel.isActive)
    }

    @Test("an open stream keeps its connection open, and during a shutdown the connection closes after the stream")
    func staysForStream() throws {
        let channel = try Self.connection { _ in }
        try channel.writeInbound(Self.request(stream: 1))
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(channel.isActive)
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(channel.isActive, "the response is not complete")
        // The client resets the stream.
        try channel.writeInbound(Self.frame(type: 3, flags: 0, stream: 1, [0, 0, 0, 8]))
        channel.embeddedEventLoop.run()
        #expect(!channel.isActive)
    }
}

/// Closes its stream on the first read.
private final class ClosesAtOnce: ChannelInboundHandler {
    typealias InboundIn = Any

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.close(promise: nil)
    }
}
