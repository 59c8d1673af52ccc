// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP
import NIOCore
import NIOHTTP1

/// The handler between HTTP and the routes: passes requests to the HTTP path, or switches the connection to another protocol.
///
/// The HTTP path is set up at the first request that is not an upgrade. NIO's typed upgrade does not fit: it loses the head of a
/// request whose upgrade is refused, and it upgrades only the first request of a connection.
final class UpgradeHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    typealias Undecided = (_ decided: @escaping (ConnectionDecision) -> Void) -> Void

    /// What the connection became; reported once.
    enum Outcome { case http, upgraded, closed }

    private let decide: (HTTPRequestHead, any Channel) -> ConnectionDecision
    private let addHTTPHandlers: () -> EventLoopFuture<Void>
    private let finish: (Outcome) -> Void
    let upgraded: () -> Void
    let bytes: RequestBytesHandler
    let codecs: [any RemovableChannelHandler]
    let encoder: HTTPResponseEncoder

    var machine = UpgradeStateMachine()
    var held: [NIOAny] = []
    var upgrade: ConnectionDecision.Upgrade?
    var undecided: Undecided?
    var refusal: ProgressResponse?
    /// The earlier decision about the first request, if there is one.
    private var decision: ConnectionDecision?
    var quiesces = false
    private var inputClosed = false
    var pumps = false
    private var speaksHTTP10 = false
    private var lastWrite: EventLoopFuture<Void>?
    private var isFinished = false

    /// A handler for one connection.
    ///
    /// Calls `finish` exactly once, and `upgraded` as soon as the connection has left HTTP, even with a later request. An upgrade
    /// removes the `codecs`, and passes the bytes that `bytes` has kept to the other protocol.
    init(
        bytes: RequestBytesHandler,
        codecs: [any RemovableChannelHandler],
        encoder: HTTPResponseEncoder,
        decision: ConnectionDecision? = nil,
        decide: @escaping (HTTPRequestHead, any Channel) -> ConnectionDecision,
        addHTTPHandlers: @escaping () -> EventLoopFuture<Void>,
        finish: @escaping (Outcome) -> Void,
        upgraded: @escaping () -> Void
    ) {
        self.bytes = bytes
        self.codecs = codecs
        self.encoder = encoder
        self.decision = decision
        self.decide = decide
        self.addHTTPHandlers = addHTTPHandlers
        self.finish = finish
        self.upgraded = upgraded
    }

    /// Reports the end of a connection that breaks before it became active, which causes no other event.
    func handlerRemoved(context: ChannelHandlerContext) {
        conclude(.closed)
    }

    /// Reports what the connection became; ignores all later calls.
    func conclude(_ outcome: Outcome) {
        guard !isFinished else { return }
        isFinished = true
        finish(outcome)
    }

    // MARK: Inbound

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard machine.readsRequests else {
            // During the switch of protocols nothing arrives here, because `bytes` keeps it.
            if machine.isUpgraded { context.fireChannelRead(data) }
            return
        }
        let action =
            switch Self.unwrapInboundIn(data) {
            case .head(let head): machine.receivedHead(intent(of: head, on: context.channel))
            case .body: machine.receivedBody()
            case .end: machine.receivedEnd()
            }
        switch action {
        case .forward: context.fireChannelRead(data)
        case .hold: held.append(data)
        case .holdAndOpen:
            held.append(data)
            open(context: context)
        case .release:
            held.append(data)
            release(context: context)
        case .switch(let isPathOpen):
            guard let undecided else { return switchProtocols(context: context, isPathOpen: isPathOpen) }
            held.append(data)
            wait(for: undecided, context: context, isPathOpen: isPathOpen)
        case .refuse: refuse(context: context)
        case .drop: break
        }
    }

    private func intent(of head: HTTPRequestHead, on channel: any Channel) -> UpgradeStateMachine.Intent {
        let asksToSwitch = RequestRules.endsDecoding(head)
        guard machine.canUpgrade() else { return asksToSwitch ? .last : .plain }
        speaksHTTP10 = head.version == .http1_0
        guard asksToSwitch else { return head.isKeepAlive ? .plain : .last }
        defer { decision = nil }
        switch decision ?? decide(head, channel) {
        case .http: return .last
        case .upgrade(let upgrade):
            self.upgrade = upgrade
            undecided = nil
            return .upgrade
        case .refuse(let answer):
            refusal = answer
            return .refuse
        case .later(let start):
            undecided = start
            return .upgrade
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        if pumps { context.read() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if machine.isUndecided { conclude(.closed) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard machine.isUndecided else { return context.fireErrorCaught(error) }
        context.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ConnectionMustClose {
            // A close from the end of the pipeline would not pass the `DetachedHandlersBarrier`.
            return context.close(promise: nil)
        } else if event is ChannelShouldQuiesceEvent {
            if machine.isIdle { return context.close(promise: nil) }
            quiesces = true
        } else if event as? ChannelEvent == .inputClosed {
            if machine.isUndecided { return context.close(promise: nil) }
            inputClosed = true
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: The HTTP path

    func open(context: ChannelHandlerContext) {
        addHTTPHandlers().assumeIsolated().whenComplete { result in
            switch result {
            case .success:
                self.machine.openedPath()
                self.conclude(.http)
                self.release(context: context)
                if self.inputClosed { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
                if self.quiesces { context.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
            case .failure:
                self.conclude(.closed)
                context.close(promise: nil)
            }
        }
    }

    func release(context: ChannelHandlerContext) {
        let parts = held
        held = []
        for part in parts { context.fireChannelRead(part) }
        context.fireChannelReadComplete()
    }

    // MARK: Outbound

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard machine.readsRequests else { return context.write(data, promise: promise) }
        switch Self.unwrapOutboundIn(data) {
        case .head(var head):
            machine.wroteHead(announcesClose: !head.isKeepAlive)
            if machine.announcesClose {
                // A sender of `Upgrade` also names it in `Connection` (RFC 9110 section 7.8).
                let offersUpgrade = head.headers.contains(name: "upgrade")
                head.headers.replaceOrAdd(name: "connection", value: offersUpgrade ? "close, upgrade" : "close")
            }
            // HTTP/1.0 clients do not know chunks: the end of the connection ends their body.
            if speaksHTTP10 { head.version = .http1_0 }
            context.write(Self.wrapOutboundOut(.head(head)), promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            let action = machine.wroteEnd()
            let written = promise ?? context.eventLoop.makePromise(of: Void.self)
            lastWrite = written.futureResult
            context.write(data, promise: written)
            if action == .forwardAndClose { close(context: context, mode: .all, promise: nil) }
        }
    }

    /// Closes after the last response is written, so that the close does not discard bytes that wait in the channel.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .all, machine.readsRequests, let lastWrite else {
            return context.close(mode: mode, promise: promise)
        }
        context.flush()
        lastWrite.assumeIsolated().whenComplete { _ in
            context.close(mode: mode, promise: promise)
        }
    }
}
