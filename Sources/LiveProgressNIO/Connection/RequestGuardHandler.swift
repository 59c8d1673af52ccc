// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressHTTP
import LiveProgressWire
import NIOCore
import NIOHTTP1

/// Answers what is no request that the routes could answer, and bounds the time that a request may take to come.
///
/// It stands just behind the decoder. After a refusal it reads on for a moment and drops what comes, so that the
/// refusal is not lost in the reset that unread bytes would cause.
final class RequestGuardHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let limits: ConnectionLimits
    private let headDeadline: NIODeadline
    private var judge: RequestGuard
    private var deadline: Scheduled<Void>?
    private var isLingering = false

    /// A guard of a connection whose first request's head has to be there at the deadline.
    init(limits: ConnectionLimits, headDeadline: NIODeadline) {
        self.limits = limits
        self.headDeadline = headDeadline
        judge = RequestGuard(maximumBodySize: limits.maximumBodySize)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        setDeadline(headDeadline - context.eventLoop.now, context: context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = nil
        context.fireChannelInactive()
    }

    // MARK: Inbound

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let verdict =
            switch Self.unwrapInboundIn(data) {
            case .head(let head): receivedHead(head, context: context)
            case .body(let bytes): judge.receivedBody(count: bytes.readableBytes)
            case .end: receivedEnd()
            }
        if verdict == .pass { context.fireChannelRead(data) } else { follow(verdict, context: context) }
    }

    private func receivedHead(_ head: HTTPRequestHead, context: ChannelHandlerContext) -> RequestGuard.Verdict {
        setDeadline(limits.bodyTimeout, context: context)
        let length = head.headers.first(name: "content-length").flatMap { Int($0) }
        return judge.receivedHead(isSound: HTTPRequest(head) != nil, contentLength: length)
    }

    private func receivedEnd() -> RequestGuard.Verdict {
        let verdict = judge.receivedEnd()
        if verdict == .pass {
            deadline?.cancel()
            deadline = nil
        }
        return verdict
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error as? HTTPParserError {
        case nil: context.fireErrorCaught(error)
        case .headerOverflow: follow(judge.failedToParse(.headersTooLarge), context: context)
        case .invalidVersion: follow(judge.failedToParse(.unsupportedVersion), context: context)
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

    private func setDeadline(_ time: TimeAmount, context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: time) {
            self.deadline = nil
            self.follow(self.judge.timedOut(), context: context)
        }
    }

    private func follow(_ verdict: RequestGuard.Verdict, context: ChannelHandlerContext) {
        switch verdict {
        case .pass, .drop: break
        case .close: context.close(promise: nil)
        case .refuse(let refusal):
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

    private func linger(context: ChannelHandlerContext) {
        isLingering = true
        deadline?.cancel()
        context.close(mode: .output, promise: nil)
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: limits.lingerTimeout) {
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
        case .head: judge.wroteHead()
        case .body: break
        case .end: judge.wroteEnd()
        }
        context.write(data, promise: promise)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard judge.acceptsResponses else {
            // The routes are done with the connection; the refusal is still on its way.
            promise?.succeed()
            return
        }
        context.close(mode: mode, promise: promise)
    }
}

extension RequestGuard.Refusal {
    /// What the client is told.
    var problem: ProgressProblem {
        switch self {
        case .malformed:
            Self.problem("malformed-request", 400, "Malformed request", "The bytes are no request of HTTP/1.1.")
        case .unsupportedVersion:
            Self.problem("http-version", 505, "HTTP version not supported", "Only HTTP/1.1 and HTTP/1.0 are spoken.")
        case .headersTooLarge:
            Self.problem("headers-too-large", 431, "Request header fields too large", "Send fewer or shorter fields.")
        case .bodyTooLarge(let limit):
            Self.problem("body-too-large", 413, "Content too large", "A request may carry up to \(limit) bytes.")
        case .tooSlow:
            Self.problem(
                "request-timeout",
                408,
                "Request timeout",
                "The request did not arrive in time; send it again."
            )
        }
    }

    private static func problem(_ type: String, _ status: Int, _ title: String, _ detail: String) -> ProgressProblem {
        ProgressProblem(type: ProgressProblem.typePrefix + type, title: title, status: status, detail: detail)
    }
}
