// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import NIOCore
internal import NIOHTTP1

/// Stands behind the HTTP handlers, lets plain requests pass, and turns the channel into a WebSocket when asked.
///
/// NIO's own upgrade handlers lose a request whose upgrade is refused, and see the first request of a connection only.
final class WebSocketUpgradeHandler<Value: Sendable>: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Held {
        case read(NIOAny)
        case event(Any)
    }

    private enum State {
        /// Plain requests pass.
        case passing
        /// `shouldUpgrade` is being asked about a request.
        case asking(HandshakeRequest, HTTPRequestHead)
        /// It said yes; the request's end has still to come.
        case accepted(HandshakeRequest, HTTPRequestHead, HTTPHeaders)
        /// The plain handlers are being added.
        case addingPlain
        /// HTTP is being removed.
        case upgrading
        case finished
    }

    private let upgrade: WebSocketUpgrade<Value>
    private let plain: @Sendable (any Channel) -> EventLoopFuture<Value>
    private let httpHandlers: [any RemovableChannelHandler]
    private let encoder: HTTPResponseEncoder
    private var first: EventLoopPromise<Value>?
    private var state = State.passing
    private var hasEnd = false
    /// What came while nobody could take it, in order.
    private var held: [Held] = []
    private var isReadHeld = false
    /// NIO's decoder stops for good behind a request that asks for any upgrade.
    private var closesAfterResponse = false
    private var isRefusing = false

    init(
        upgrade: WebSocketUpgrade<Value>,
        plain: @escaping @Sendable (any Channel) -> EventLoopFuture<Value>,
        httpHandlers: [any RemovableChannelHandler],
        encoder: HTTPResponseEncoder,
        first: EventLoopPromise<Value>
    ) {
        self.upgrade = upgrade
        self.plain = plain
        self.httpHandlers = httpHandlers
        self.encoder = encoder
        self.first = first
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        state = .finished
        first?.fail(ChannelError.ioOnClosedChannel)
        first = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .passing:
            if case .head(let head) = Self.unwrapInboundIn(data) {
                begin(head, data, context: context)
            } else {
                context.fireChannelRead(data)
            }
        case .asking, .accepted:
            held.append(.read(data))
            guard case .end = Self.unwrapInboundIn(data) else { return }
            hasEnd = true
            startIfReady(context: context)
        case .addingPlain, .upgrading:
            held.append(.read(data))
        case .finished:
            break
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .passing = state {
            context.fireUserInboundEventTriggered(event)
        } else {
            held.append(.event(event))
        }
    }

    func read(context: ChannelHandlerContext) {
        if case .upgrading = state {
            // The peer may not fill our memory while the application prepares.
            isReadHeld = true
        } else {
            context.read()
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard closesAfterResponse else {
            context.write(data, promise: promise)
            return
        }
        switch Self.unwrapOutboundIn(data) {
        case .head(var head) where head.status.code >= 200:
            head.headers.replaceOrAdd(name: "connection", value: "close")
            context.write(Self.wrapOutboundOut(.head(head)), promise: promise)
        case .end(let trailers):
            let promise = promise ?? context.eventLoop.makePromise()
            promise.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
            context.writeAndFlush(Self.wrapOutboundOut(.end(trailers)), promise: promise)
        default:
            context.write(data, promise: promise)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.fireErrorCaught(error)
        guard error is HTTPParserError, !isRefusing else { return }
        // The 400 is written already. Closing both halves over unread bytes would reset the connection and lose it.
        isRefusing = true
        context.close(mode: .output, promise: nil)
        context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { context.close(promise: nil) }
    }
}

extension WebSocketUpgradeHandler {
    private func begin(_ head: HTTPRequestHead, _ data: NIOAny, context: ChannelHandlerContext) {
        closesAfterResponse = head.method == .CONNECT || head.headers.contains(name: "upgrade")
        held = [.read(data)]
        hasEnd = false
        guard HandshakeRequest.isAsked(by: head), let handshake = try? HandshakeRequest(head) else {
            passOn(context: context)
            return
        }
        state = .asking(handshake, head)
        upgrade.shouldUpgrade(head, context.channel).hop(to: context.eventLoop).assumeIsolated()
            .whenComplete { result in
                guard case .asking = self.state else { return }
                if case .success(let headers?) = result {
                    self.state = .accepted(handshake, head, headers)
                    self.startIfReady(context: context)
                } else {
                    self.passOn(context: context)
                }
            }
    }

    /// Gives what is held to the plain handlers, which are added first if this is the connection's first request.
    private func passOn(context: ChannelHandlerContext) {
        guard let first else {
            release(context: context)
            return
        }
        state = .addingPlain
        self.first = nil
        plain(context.channel).hop(to: context.eventLoop).assumeIsolated().whenComplete { result in
            first.completeWith(result)
            guard case .addingPlain = self.state else { return }
            if case .failure = result { context.close(promise: nil) }
            self.release(context: context)
        }
    }

    private func release(context: ChannelHandlerContext) {
        state = .passing
        fireHeld(context: context)
    }

    private func fireHeld(context: ChannelHandlerContext) {
        let held = held
        self.held = []
        var hasRead = false
        for item in held {
            switch item {
            case .read(let data):
                hasRead = true
                context.fireChannelRead(data)
            case .event(let event):
                context.fireUserInboundEventTriggered(event)
            }
        }
        if hasRead { context.fireChannelReadComplete() }
    }

    private func startIfReady(context: ChannelHandlerContext) {
        guard hasEnd, case .accepted(let handshake, let head, let headers) = state else { return }
        state = .upgrading
        // What is written from now on is no response any more.
        closesAfterResponse = false
        held.removeAll { if case .read = $0 { true } else { false } }
        let channel = context.channel
        removeHTTPHandlers(at: 0, context: context)
            .flatMap { () -> EventLoopFuture<Void> in
                let response = Self.response(to: handshake, headers)
                return context.writeAndFlush(Self.wrapOutboundOut(.head(response)))
            }
            .flatMap { context.pipeline.syncOperations.removeHandler(self.encoder) }
            .flatMap { self.upgrade.upgraded(channel, head).hop(to: channel.eventLoop) }
            .whenComplete { self.complete($0, context: context) }
    }

    private func removeHTTPHandlers(at index: Int, context: ChannelHandlerContext) -> EventLoopFuture<Void>.Isolated {
        guard index < httpHandlers.count else { return context.eventLoop.makeSucceededVoidFuture().assumeIsolated() }
        // The decoder goes first: from then on bytes come as bytes, which the handlers behind it hold for us.
        return context.pipeline.syncOperations.removeHandler(httpHandlers[index]).assumeIsolated()
            .flatMap { self.removeHTTPHandlers(at: index + 1, context: context).nonisolated() }
    }

    private static func response(to handshake: HandshakeRequest, _ headers: HTTPHeaders) -> HTTPResponseHead {
        var headers = headers
        headers.replaceOrAdd(name: "upgrade", value: "websocket")
        headers.replaceOrAdd(name: "connection", value: "Upgrade")
        headers.replaceOrAdd(name: "sec-websocket-accept", value: handshake.key.accept)
        return HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
    }

    private func complete(_ result: Result<Value, any Error>, context: ChannelHandlerContext) {
        first?.completeWith(result)
        first = nil
        guard case .upgrading = state else { return }
        state = .finished
        if case .failure = result { context.close(promise: nil) }
        fireHeld(context: context)
        if isReadHeld { context.read() }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}
