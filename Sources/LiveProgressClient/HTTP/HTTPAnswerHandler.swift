// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOHTTP1

/// A handler that sends one request when the connection is open, and collects the response.
final class HTTPAnswerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let head: HTTPRequestHead
    private let body: [UInt8]
    private let limit: Int
    private let timeout: TimeAmount
    private let explain: (any Error) -> ProgressClientError
    private let promise: EventLoopPromise<HTTPAnswer>
    private var deadline: Scheduled<Void>?
    private var answerHead: HTTPResponseHead?
    private var answerBody: [UInt8] = []

    init(
        head: HTTPRequestHead,
        body: [UInt8],
        limit: Int,
        timeout: TimeAmount,
        explain: @escaping (any Error) -> ProgressClientError = broken,
        promise: EventLoopPromise<HTTPAnswer>
    ) {
        self.head = head
        self.body = body
        self.limit = limit
        self.timeout = timeout
        self.explain = explain
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: timeout) {
            let (handler, context) = bound.value
            handler.fail(.timedOut, "The server did not answer in time.", context: context)
        }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !body.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            // Informational responses precede the final response (RFC 9110, section 15.2).
            if head.status.code >= 200 { answerHead = head }
        case .body(let buffer):
            guard answerBody.count + buffer.readableBytes <= limit else {
                fail(.answerTooLarge, "The server's answer is larger than \(limit) bytes.", context: context)
                return
            }
            answerBody.append(contentsOf: buffer.readableBytesView)
        case .end:
            guard let answerHead else { return }
            let answer = HTTPAnswer(
                status: Int(answerHead.status.code),
                headers: answerHead.headers,
                body: answerBody
            )
            promise.succeed(answer)
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(.disconnected, "The connection broke before the answer was complete.", context: context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? HTTPParserError, error != .invalidEOFState {
            fail(.invalidAnswer, "The server does not support HTTP/1.1 (\(error)).", context: context)
        } else {
            fail(explain(error), context: context)
        }
    }

    /// Returns the error of a broken connection.
    static func broken(_ error: any Error) -> ProgressClientError {
        ProgressClientError(.disconnected, "The connection broke (\(error)).")
    }

    /// Ends the exchange; a promise that is already fulfilled does not change.
    private func fail(_ code: ProgressClientError.Code, _ message: String, context: ChannelHandlerContext) {
        fail(ProgressClientError(code, message), context: context)
    }

    private func fail(_ error: ProgressClientError, context: ChannelHandlerContext) {
        deadline?.cancel()
        promise.fail(error)
        context.close(promise: nil)
    }
}
