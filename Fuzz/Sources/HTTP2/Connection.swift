// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport
internal import FuzzedConnections
internal import HTTPTypes
@_spi(Server) internal import LiveProgressHTTP
@_spi(Server) internal import LiveProgressNIO
internal import NIOCore
internal import NIOEmbedded
internal import NIOHTTPTypes

@testable internal import LiveProgressServer

/// An HTTP/2 connection to a server in memory.
enum Connection {
    /// What the client sees, and whether the connection is open.
    struct Outcome {
        var written: [UInt8] = []
        var isActive = false
    }

    /// Runs a connection; checks that it closes within its time limits after the server has shut down.
    static func outcome(of events: [ConnectionEvent]) -> Outcome {
        let loop = EmbeddedEventLoop()
        let channel = EmbeddedChannel(handler: ClosableSocket(), loop: loop)
        do {
            channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
            try HTTP2Pipeline(limits: ConnectionLimits(), refusals: LimitRefusals()).add(to: channel) { stream in
                try stream.pipeline.syncOperations.addHandler(EchoPath())
            }
        } catch {
            fail("the connection cannot be made: \(error)")
        }
        var outcome = Outcome()
        for event in events where channel.isActive {
            handle(event, on: channel)
            loop.run()
            collect(from: channel, into: &outcome)
        }
        outcome.isActive = channel.isActive
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        loop.advanceTime(by: .seconds(200))
        expect(!channel.isActive, "a connection that outlives its server by minutes, of \(events)")
        var rest = outcome
        collect(from: channel, into: &rest)
        _ = Reader(rest.written)
        _ = try? channel.finish(acceptAlreadyClosed: true)
        loop.run()
        return outcome
    }

    private static func handle(_ event: ConnectionEvent, on channel: EmbeddedChannel) {
        switch event {
        case .bytes(let bytes): _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
        case .inputClosed: channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        case .time(let seconds): channel.embeddedEventLoop.advanceTime(by: .seconds(seconds))
        case .goingAway: channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        case .report, .end, .decision: break
        }
    }

    private static func collect(from channel: EmbeddedChannel, into outcome: inout Outcome) {
        while let buffer = try? channel.readOutbound(as: ByteBuffer.self) {
            outcome.written += buffer.readableBytesView
        }
    }
}

/// Routes that answer each request when it has ended, and `/large` with more bytes than a window.
private final class EchoPath: ChannelInboundHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundOut = HTTPResponsePart

    private var size = 0

    /// Closes the stream if a request cannot be read, as every reader of requests does.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let request): size = request.path == "/large" ? 100_000 : 0
        case .body(let bytes): size += bytes.readableBytes
        case .end:
            context.write(Self.wrapOutboundOut(.head(HTTPResponse(status: .ok))), promise: nil)
            context.write(Self.wrapOutboundOut(.body(ByteBuffer(repeating: 0x78, count: size))), promise: nil)
            context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
