// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import NIOCore
internal import NIOHTTP1

/// Sends the handshake, and turns the channel into a WebSocket or reports why that failed.
final class WebSocketHandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private enum State {
        case waiting
        case refused(HTTPResponseHead, body: [UInt8])
        case accepted(HTTPResponseHead, HandshakeAnswer)
        case upgrading
        case finished
    }

    private static let maximumBodyLength = 64 * 1024

    private let request: WebSocketClientRequest
    private let key: HandshakeKey
    private let configuration: WebSocketConfiguration
    private let gate: AnswerGate
    private let httpHandlers: [any RemovableChannelHandler]
    private let promise: EventLoopPromise<WebSocketClientConnection>
    private var state = State.waiting

    init(
        request: WebSocketClientRequest,
        key: HandshakeKey,
        configuration: WebSocketConfiguration,
        gate: AnswerGate,
        httpHandlers: [any RemovableChannelHandler],
        promise: EventLoopPromise<WebSocketClientConnection>
    ) {
        self.request = request
        self.key = key
        self.configuration = configuration
        self.gate = gate
        self.httpHandlers = httpHandlers
        self.promise = promise
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { ask(context: context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        ask(context: context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        fail(.closed, context: context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .refused(let head, let body) = state {
            refuse(head, body, context: context)
        } else {
            fail(.closed, context: context)
        }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is HTTPParserError {
            fail(.invalidAnswer("The answer is not HTTP."), context: context)
        } else if case .finished = state {
            context.fireErrorCaught(error)
        } else {
            state = .finished
            promise.fail(error)
            context.close(promise: nil)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .waiting, .refused, .accepted: take(Self.unwrapInboundIn(data), context: context)
        // The gate holds the bytes after the response.
        case .upgrading, .finished: break
        }
    }

    /// Handles a server that took too long.
    func timeOut(context: ChannelHandlerContext) {
        fail(.timedOut, context: context)
    }
}

extension WebSocketHandshakeHandler {
    private func ask(context: ChannelHandlerContext) {
        context.write(Self.wrapOutboundOut(.head(request.head(key: key))), promise: nil)
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
    }

    private func take(_ part: HTTPClientResponsePart, context: ChannelHandlerContext) {
        switch (part, state) {
        case (.head(let head), _) where head.status == .switchingProtocols:
            do throws(WebSocketConnectError) {
                let answer = try HandshakeAnswer(
                    head,
                    to: key,
                    offering: request.subprotocols,
                    deflate: request.deflate
                )
                state = .accepted(head, answer)
            } catch {
                fail(error, context: context)
            }
        case (.head(let head), _):
            state = .refused(head, body: [])
        case (.body(let bytes), .refused(let head, var body)):
            body += bytes.readableBytesView.prefix(Self.maximumBodyLength - body.count)
            state = .refused(head, body: body)
            if body.count == Self.maximumBodyLength { refuse(head, body, context: context) }
        case (.end, .refused(let head, let body)):
            refuse(head, body, context: context)
        case (.end, .accepted(let head, let answer)):
            upgrade(head, answer, context: context)
        default:
            fail(.invalidAnswer("The answer's parts are out of order."), context: context)
        }
    }

    private func refuse(_ head: HTTPResponseHead, _ body: [UInt8], context: ChannelHandlerContext) {
        fail(
            .refused(HandshakeResponse(status: UInt16(head.status.code), headers: head.headers, body: body)),
            context: context
        )
    }

    private func fail(_ error: WebSocketConnectError, context: ChannelHandlerContext) {
        if case .finished = state { return }
        state = .finished
        promise.fail(error)
        context.close(promise: nil)
    }

    private func upgrade(_ head: HTTPResponseHead, _ answer: HandshakeAnswer, context: ChannelHandlerContext) {
        state = .upgrading
        gate.shut()
        let removals = httpHandlers.map { context.pipeline.syncOperations.removeHandler($0) }
        EventLoopFuture.andAllSucceed(removals, on: context.eventLoop).assumeIsolated().whenComplete { result in
            guard case .upgrading = self.state else { return }
            do {
                try result.get()
                try self.complete(head, answer, context: context)
            } catch {
                self.state = .finished
                self.promise.fail(error)
                context.close(promise: nil)
            }
        }
    }

    private func complete(_ head: HTTPResponseHead, _ answer: HandshakeAnswer, context: ChannelHandlerContext) throws {
        state = .finished
        let session = ClientSession(channel: context.channel)
        let handler = WebSocketHandler(
            machine: WebSocketConnection(
                role: .client,
                configuration: configuration,
                compression: answer.compression
            ),
            timers: LoopTimers(eventLoop: context.eventLoop, tickLength: .milliseconds(100)),
            delegate: session
        )
        try context.pipeline.syncOperations.addHandler(handler, position: .after(self))
        promise.succeed(
            WebSocketClientConnection(
                channel: context.channel,
                handler: NIOLoopBound(handler, eventLoop: context.eventLoop),
                session: session,
                headers: head.headers,
                subprotocol: answer.subprotocol,
                isCompressed: answer.compression != nil
            )
        )
        let pipeline = context.pipeline.syncOperations
        let gateContext = try pipeline.context(handler: gate)
        // This handler leaves first, because it would take bytes for parts of a response.
        pipeline.removeHandler(self, promise: nil)
        gate.open(context: gateContext)
        pipeline.removeHandler(context: gateContext, promise: nil)
    }
}
