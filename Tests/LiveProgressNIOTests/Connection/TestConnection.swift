// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP
import NIOCore
import NIOEmbedded
import NIOHTTP1

@testable @_spi(Server) import LiveProgressNIO

/// A connection on an embedded event loop, whose HTTP path records its events.
final class TestConnection {
    let channel: EmbeddedChannel
    let registry: ConnectionRegistry
    let path = PathRecorder()
    let other: OtherProtocol
    private(set) var outcome: String?

    /// Creates a connection that upgrades to the protocol `other` and leaves all other requests to HTTP.
    convenience init(
        limits: ConnectionLimits = ConnectionLimits(),
        registry: ConnectionRegistry = ConnectionRegistry()
    ) throws {
        let handler = OtherProtocol()
        let other = UncheckedBox(handler)
        let setup = ConnectionSetup(limits: limits, registry: registry) { head, _ in
            guard head.headers["upgrade"] == ["other"] else { return .http }
            return .upgrade(.init(headers: ["Upgrade": "other", "Connection": "Upgrade"]) { _ in [other.value] })
        }
        try self.init(setup: setup, other: handler)
    }

    /// Creates a connection with the setup, on its own or on a shared event loop.
    init(
        setup: ConnectionSetup,
        other: OtherProtocol = OtherProtocol(),
        loop: EmbeddedEventLoop = EmbeddedEventLoop()
    ) throws {
        self.other = other
        registry = setup.registry
        channel = EmbeddedChannel(loop: loop)
        let path = UncheckedBox(path)
        let future = try setup.configure(channel) { channel in
            channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(path.value) }
        }
        future.assumeIsolated().whenSuccess { outcome in
            switch outcome {
            case .http: self.outcome = "http"
            case .upgraded: self.outcome = "upgraded"
            case .closed: self.outcome = "closed"
            }
        }
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    /// Returns whether the pipeline has a handler of the type.
    func hasHandler<Handler: ChannelHandler>(_ type: Handler.Type) -> Bool {
        (try? channel.pipeline.syncOperations.handler(type: type)) != nil
    }

    /// Receives text; returns what was written since the previous call.
    @discardableResult
    func receive(_ text: String) throws -> String {
        try receive(Array(text.utf8)[...])
    }

    /// Receives bytes; returns what was written since the previous call.
    func receive(_ bytes: ArraySlice<UInt8>) throws -> String {
        _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
        return try written()
    }

    /// Returns what was written since the previous call.
    func written() throws -> String {
        channel.embeddedEventLoop.run()
        var text = ""
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: buffer) }
        return text
    }
}

/// A box that passes a value through a `@Sendable` closure on one thread.
struct UncheckedBox<Value>: @unchecked Sendable {
    // Safe here: the closure runs on the test's embedded event loop, on the test's thread.
    let value: Value

    init(_ value: Value) { self.value = value }
}

/// An HTTP path that responds to every complete request, and records its events.
final class PathRecorder: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private(set) var heads: [HTTPRequestHead] = []
    private(set) var sawInputClosed = false
    private(set) var sawQuiesce = false
    private(set) var sawIncompleteRequest = false
    var answers = true

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head): heads.append(head)
        case .body: break
        case .end: if answers { answer(context: context) }
        }
    }

    func answer(context: ChannelHandlerContext) {
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["Content-Length": "2"])
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        context.write(Self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: "ok")))), promise: nil)
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is IncompleteRequest { sawIncompleteRequest = true } else { context.fireErrorCaught(error) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed { sawInputClosed = true }
        if event is ChannelShouldQuiesceEvent { sawQuiesce = true }
        context.fireUserInboundEventTriggered(event)
    }
}

/// A protocol that sends hello, and records the bytes that it receives.
final class OtherProtocol: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private(set) var received = ""
    private(set) var sawQuiesce = false
    private(set) var sawInputClosed = false

    func handlerAdded(context: ChannelHandlerContext) {
        context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(string: "hello")), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += String(buffer: Self.unwrapInboundIn(data))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { sawQuiesce = true }
        if event as? ChannelEvent == .inputClosed { sawInputClosed = true }
        context.fireUserInboundEventTriggered(event)
    }
}
