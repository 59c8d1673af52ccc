// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP
import NIOCore
import NIOHTTP1

/// The only handler of a fresh connection: looks at the first bytes, and makes of the connection what they ask for.
///
/// A request for an upgrade that came whole and is granted is answered here, and its handlers take the connection over:
/// no HTTP handler is ever made for it. For everything else the HTTP handlers are, and get the bytes as they came, with what
/// has been decided about them: no request is decided about twice.
///
/// Until the first bytes, the connection is nobody's: it closes when its time is over, when its client says that it
/// will send nothing, and when the server goes away. The first bytes are what is there when the channel has read all
/// that has come, in however many pieces: it may read into a small buffer, which it keeps for the life of the connection.
final class FirstReadHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Makes the HTTP handlers, told what has been decided about the first request, where it has been read.
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
    /// What came in this round of reading, where its beginning alone did not decide.
    private var received: ByteBuffer?
    private var context: ChannelHandlerContext?
    var waiting = HeadDeadlines.Place()

    /// A handler for one connection.
    ///
    /// `finish` is called once, unless the HTTP handlers are made: then it is theirs to say what becomes of it.
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
        deadlines.leave(self)
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
            // The client has sent its request and will send no more: whoever takes it over hears that too.
            decideOnReceived(context: context)
            context.fireUserInboundEventTriggered(event)
            leave(context: context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    // MARK: The first bytes

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Self.unwrapInboundIn(data)
        if received == nil, let request = request(in: bytes) {
            become(request, bytes, context: context)
            leave(context: context)
        } else {
            // Copied, so that the channel can use its buffer again.
            received = received ?? context.channel.allocator.buffer(capacity: 2 * bytes.readableBytes)
            received?.writeImmutableBuffer(bytes)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard received != nil else { return context.fireChannelReadComplete() }
        decideOnReceived(context: context)
        context.fireChannelReadComplete()
        leave(context: context)
    }

    /// Comes last: who has left the pipeline can tell those behind it nothing more.
    private func leave(context: ChannelHandlerContext) {
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
        deadlines.leave(self)
        guard context.channel.isActive else { return }
        guard let request else { return speakHTTP(bytes, decision: nil, context: context) }
        switch decide(request.head, context.channel) {
        case .upgrade(let grant): switchProtocols(grant, early: bytes.dropping(request.length), context: context)
        case let decision: speakHTTP(bytes, decision: decision, context: context)
        }
    }

    private func switchProtocols(
        _ grant: ConnectionDecision.Grant,
        early: ByteBuffer,
        context: ChannelHandlerContext
    ) {
        let pipeline = context.pipeline.syncOperations
        // Without a flush: what the new protocol says first goes with it, in one write to the socket.
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

extension ConnectionDecision.Grant {
    /// The whole 101 answer.
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
    /// What follows the first bytes.
    fileprivate func dropping(_ count: Int) -> ByteBuffer {
        var rest = self
        rest.moveReaderIndex(forwardBy: count)
        return rest
    }
}
