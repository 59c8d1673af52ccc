// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
@_spi(Server) import LiveProgressHTTP
@_spi(Server) import LiveProgressWire
import NIOCore
import NIOHTTP1

/// Refuses requests that the routes cannot answer, and limits the time that a request may take to arrive.
///
/// The handler stands directly behind the decoder. After a refusal, it reads and drops incoming bytes for a short time. Unread
/// bytes would cause a reset, and the client could lose the refusal.
final class RequestGuardHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let limits: ConnectionLimits
    private let headDeadline: NIODeadline
    private let limitRefusals: LimitRefusals
    private var judge: RequestGuard
    private var deadline: Scheduled<Void>?
    private var context: ChannelHandlerContext?
    private var isLingering = false
    /// Whether the routes have received the head of a request but not its end.
    private var isForwarding = false
    /// The number of request parts that the decoder has produced.
    private var partCount = 0

    /// Creates a guard for a connection whose first request head must arrive before the deadline.
    init(limits: ConnectionLimits, headDeadline: NIODeadline, limitRefusals: LimitRefusals) {
        self.limits = limits
        self.headDeadline = headDeadline
        self.limitRefusals = limitRefusals
        judge = RequestGuard(limits: limits)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        setDeadline(headDeadline - context.eventLoop.now, context: context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = nil
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = nil
        context.fireChannelInactive()
    }

    // MARK: Bytes

    /// The number of missing bytes of the current body, if its length is known.
    var bodyLeft: Int? { judge.bodyLeft }

    /// Whether new bytes are held instead of decoded, because the last whole request asked for another protocol.
    var hasEndedDecoding: Bool { judge.hasEndedDecoding }

    /// Checks bytes of one request, and passes the valid ones to the decoder.
    func pass(_ bytes: ByteBuffer, to decode: (ByteBuffer) -> Void) {
        // After this handler has left the pipeline, the new protocol limits its clients itself.
        guard let context else { return decode(bytes) }
        var bytes = bytes
        let (count, refusal) = bytes.withUnsafeReadableBytes { judge.received($0) }
        if count > 0, let sound = bytes.readSlice(length: count) { watching { decode(sound) } }
        if let refusal { follow(judge.failedToParse(refusal), context: context) }
    }

    /// Runs the decoder, and records whether it produced request parts.
    private func watching(_ decode: () -> Void) {
        let partsBefore = partCount
        decode()
        guard let context else { return }
        let hasParts = partCount != partsBefore
        let verdict = update(context: context) { $0.decoded(hasParts: hasParts) }
        if verdict != .pass { follow(verdict, context: context) }
    }

    // MARK: Inbound

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        partCount += 1
        let verdict =
            switch Self.unwrapInboundIn(data) {
            case .head(let head): receivedHead(head, context: context)
            case .body(let bytes): judge.receivedBody(count: bytes.readableBytes)
            case .end: update(context: context) { $0.receivedEnd() }
            }
        guard verdict == .pass else { return follow(verdict, context: context) }
        switch Self.unwrapInboundIn(data) {
        case .head: isForwarding = true
        case .body: break
        case .end: isForwarding = false
        }
        context.fireChannelRead(data)
    }

    private func receivedHead(_ head: HTTPRequestHead, context: ChannelHandlerContext) -> RequestGuard.Verdict {
        let isWellNamed = HTTPRequest(head) != nil
        let refusal = isWellNamed ? RequestRules.refusal(of: head, limits: limits) : .malformed
        let length = RequestRules.length(of: head)
        // This is evaluated for each request, even if one follows another immediately.
        let endsDecoding = RequestRules.endsDecoding(head)
        let verdict = judge.receivedHead(refusal, contentLength: length, endsDecoding: endsDecoding)
        if verdict == .pass {
            setDeadline(TimeAmount(limits.bodyTimeout), context: context)
            if RequestRules.waitsForContinue(head), judge.mayContinue { invite(context: context) }
        }
        return verdict
    }

    /// Sends `100 (Continue)`; every check of the head in this handler has passed.
    private func invite(context: ChannelHandlerContext) {
        let head = HTTPResponseHead(version: .http1_1, status: .continue)
        context.writeAndFlush(Self.wrapOutboundOut(.head(head)), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error as? HTTPParserError {
        case nil: context.fireErrorCaught(error)
        case .headerOverflow: follow(judge.failedToParse(.headersTooLarge), context: context)
        case .invalidVersion: follow(judge.failedToParse(judge.versionRefusal), context: context)
        case .some: follow(judge.failedToParse(.malformed), context: context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ConnectionMustClose { return context.close(promise: nil) }
        let ends = event is ChannelShouldQuiesceEvent || event as? ChannelEvent == .inputClosed
        if isLingering, ends { return context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: Refusals

    /// Passes an event to the judge, and restarts the deadline if the judge awaits something else after it.
    @discardableResult
    private func update<Result>(
        context: ChannelHandlerContext,
        _ event: (inout RequestGuard) -> Result
    ) -> Result {
        let before = judge.awaited
        let result = event(&judge)
        guard judge.awaited != before else { return result }
        switch judge.awaited {
        case .head: setDeadline(TimeAmount(limits.headTimeout), context: context)
        case .body: setDeadline(TimeAmount(limits.bodyTimeout), context: context)
        case .request: setDeadline(TimeAmount(limits.idleTimeout), context: context)
        case .nothing:
            deadline?.cancel()
            deadline = nil
        }
        return result
    }

    private func setDeadline(_ time: TimeAmount, context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: time) {
            self.deadline = nil
            if self.judge.awaited == .request { self.limitRefusals.count(.idleTime) }
            self.follow(self.judge.timedOut(), context: context)
        }
    }

    private func follow(_ verdict: RequestGuard.Verdict, context: ChannelHandlerContext) {
        switch verdict {
        case .pass, .drop: break
        case .close:
            context.close(promise: nil)
            breakOff(context: context)
        case .refuse(let refusal):
            defer { breakOff(context: context) }
            if let limit = refusal.limit { limitRefusals.count(limit) }
            let body = ByteBuffer(bytes: ProgressMessage.encodeProblem(refusal.problem))
            let status = HTTPResponseStatus(statusCode: refusal.problem.status ?? 400)
            var headers: HTTPHeaders = [
                "Content-Type": "application/problem+json", "Content-Length": String(body.readableBytes),
                "Cache-Control": "no-store", "Connection": "close",
            ]
            for field in SafeFields.all { headers.add(name: field.name.rawName, value: field.value) }
            let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
            context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
            context.write(Self.wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
            context.writeAndFlush(Self.wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in
                self.linger(context: context)
            }
        }
    }

    /// Tells the routes that the current request is incomplete (RFC 9112 section 8).
    ///
    /// The routes must not mistake the end of the connection for the end of the request.
    private func breakOff(context: ChannelHandlerContext) {
        guard isForwarding else { return }
        isForwarding = false
        context.fireErrorCaught(IncompleteRequest())
    }

    private func linger(context: ChannelHandlerContext) {
        isLingering = true
        deadline?.cancel()
        context.close(mode: .output, promise: nil)
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limits.lingerTimeout)) {
            context.close(promise: nil)
        }
    }

    // MARK: Outbound

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard judge.acceptsResponses else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        switch Self.unwrapOutboundIn(data) {
        case .head(let head) where head.status.code < 200: break
        case .head: judge.wroteHead()
        case .body: break
        case .end:
            let verdict = update(context: context) { $0.wroteEnd() }
            context.write(data, promise: promise)
            return follow(verdict, context: context)
        }
        context.write(data, promise: promise)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard judge.acceptsResponses else {
            // The routes have finished with the connection, but the refusal is not sent yet.
            promise?.succeed()
            return
        }
        context.close(mode: mode, promise: promise)
    }
}

/// The error that the routes receive for an incomplete request.
struct IncompleteRequest: Error {}
