// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@_spi(Server) import LiveProgressHTTP
import NIOCore
import NIOHTTP1

/// The only handler of a fresh connection: reads the first bytes, and switches to the WebSocket or to the HTTP handlers.
///
/// If the first bytes are a whole upgrade request that is granted, this handler answers it and adds the granted handlers. Such a
/// connection never has an HTTP handler. In all other cases this handler adds the HTTP handlers, and passes them the unchanged
/// bytes and the decision about the first request, so that each request is decided once.
///
/// Until the first bytes, this handler closes the connection on a timeout, when the client ends its output, or when the server
/// shuts down. The first bytes are all bytes of the first read cycle of the channel. A channel with a small read buffer may
/// deliver them in several pieces, and keeps this buffer for the life of the connection.
final class FirstReadHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Makes the HTTP handlers; `decision` is the decision about the first request, if the request was read whole.
    typealias HTTPHandlersMaker =
        (_ headDeadline: NIODeadline, _ decision: ConnectionDecision?) throws -> [any ChannelHandler]

    private let limits: ConnectionLimits
    private let limitRefusals: LimitRefusals
    private let deadlines: HeadDeadlines
    private let decide: (HTTPRequestHead, any Channel) -> ConnectionDecision
    private let makeHTTPHandlers: HTTPHandlersMaker
    private let upgraded: () -> Void
    private let finish: (UpgradeHandler.Outcome) -> Void

    private var headDeadline = NIODeadline.distantFuture
    private var isDecided = false
    /// The bytes of this read cycle, if the first piece alone was no whole upgrade request.
    private var received: ByteBuffer?
    private var context: ChannelHandlerContext?
    var waiting = HeadDeadlines.Place()

    /// A handler for one connection.
    ///
    /// This handler calls `finish` once, unless it makes the HTTP handlers: then they call it.
    init(
        limits: ConnectionLimits,
        limitRefusals: LimitRefusals,
        deadlines: HeadDeadlines,
        decide: @escaping (HTTPRequestHead, any Channel) -> ConnectionDecision,
        makeHTTPHandlers: @escaping HTTPHandlersMaker,
        upgraded: @escaping () -> Void,
        finish: @escaping (UpgradeHandler.Outcome) -> Void
    ) {
        self.limits = limits
        self.limitRefusals = limitRefusals
        self.deadlines = deadlines
        self.decide = decide
        self.makeHTTPHandlers = makeHTTPHandlers
        self.upgraded = upgraded
        self.finish = finish
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        headDeadline = context.eventLoop.now + TimeAmount(limits.headTimeout)
        deadlines.enter(self, deadline: headDeadline)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadlines.remove(self)
        self.context = nil
        conclude(.closed)
    }

    // MARK: Before the first bytes

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isDecided { context.fireErrorCaught(error) } else { context.close(promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case _ where isDecided: context.fireUserInboundEventTriggered(event)
        case is ChannelShouldQuiesceEvent, is ConnectionMustClose: context.close(promise: nil)
        case ChannelEvent.inputClosed:
            guard received != nil else { return context.close(promise: nil) }
            // The client has sent its request and ends its output: the next handlers must see that event too.
            decideOnReceived(context: context)
            context.fireUserInboundEventTriggered(event)
            removeSelf(context: context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    // MARK: The first bytes

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Self.unwrapInboundIn(data)
        // The head of a handshake ends with a line end. The first piece of a connection is shorter, and is not worth parsing.
        let mayBeWhole = bytes.readableBytesView.last == UInt8(ascii: "\n")
        if received == nil, mayBeWhole, let request = request(in: bytes) {
            become(request, bytes, context: context)
            removeSelf(context: context)
        } else {
            // The bytes are copied, so that the channel can reuse its buffer.
            received = received ?? context.channel.allocator.buffer(capacity: 2 * bytes.readableBytes)
            received?.writeImmutableBuffer(bytes)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard received != nil else { return context.fireChannelReadComplete() }
        decideOnReceived(context: context)
        context.fireChannelReadComplete()
        removeSelf(context: context)
    }

    /// Removes this handler; call it last, because a removed handler cannot pass events on.
    private func removeSelf(context: ChannelHandlerContext) {
        guard isDecided else { return }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    private func decideOnReceived(context: ChannelHandlerContext) {
        guard let bytes = received else { return }
        received = nil
        become(request(in: bytes), bytes, context: context)
    }

    private func request(in bytes: ByteBuffer) -> UpgradeRequest? {
        bytes.withUnsafeReadableBytes { UpgradeRequest($0, limits: limits) }
    }

    private func become(_ request: UpgradeRequest?, _ bytes: ByteBuffer, context: ChannelHandlerContext) {
        deadlines.remove(self)
        guard context.channel.isActive else { return }
        guard let request else { return speakHTTP(bytes, decision: nil, context: context) }
        switch decide(request.head, context.channel) {
        case .upgrade(let grant): switchProtocols(grant, early: bytes.dropping(request.length), context: context)
        case let decision: speakHTTP(bytes, decision: decision, context: context)
        }
    }

    private func switchProtocols(
        _ grant: ConnectionDecision.Upgrade,
        early: ByteBuffer,
        context: ChannelHandlerContext
    ) {
        let pipeline = context.pipeline.syncOperations
        // No flush here: the response and the first bytes of the new protocol go to the socket in one write.
        context.write(Self.wrapOutboundOut(grant.answer(allocator: context.channel.allocator)), promise: nil)
        do {
            try pipeline.addHandlers(grant.makeHandlers(context.channel), position: .after(self))
        } catch {
            return context.close(promise: nil)
        }
        context.flush()
        upgraded()
        conclude(.upgraded)
        if early.readableBytes > 0 { context.fireChannelRead(Self.wrapInboundOut(early)) }
    }

    private func speakHTTP(_ bytes: ByteBuffer, decision: ConnectionDecision?, context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        do {
            try pipeline.addHandlers(try makeHTTPHandlers(headDeadline, decision), position: .after(self))
        } catch {
            return context.close(promise: nil)
        }
        isDecided = true
        context.fireChannelRead(Self.wrapInboundOut(bytes))
    }

    private func conclude(_ outcome: UpgradeHandler.Outcome) {
        guard !isDecided else { return }
        isDecided = true
        finish(outcome)
    }
}

extension FirstReadHandler: HeadDeadlined {
    func headIsLate() {
        limitRefusals.count(.headTime)
        context?.close(promise: nil)
    }
}

extension ConnectionDecision.Upgrade {
    /// Returns the whole 101 response.
    fileprivate func answer(allocator: ByteBufferAllocator) -> ByteBuffer {
        var answer: [UInt8] = []
        answer.reserveCapacity(192)
        answer += "HTTP/1.1 101 Switching Protocols\r\n".utf8
        for (name, value) in headers {
            answer += name.utf8
            answer += ": ".utf8
            answer += value.utf8
            answer += "\r\n".utf8
        }
        answer += "\r\n".utf8
        return allocator.buffer(bytes: answer)
    }
}

extension ByteBuffer {
    /// Returns the bytes after the first `count` bytes.
    fileprivate func dropping(_ count: Int) -> ByteBuffer {
        var rest = self
        rest.moveReaderIndex(forwardBy: count)
        return rest
    }
}
