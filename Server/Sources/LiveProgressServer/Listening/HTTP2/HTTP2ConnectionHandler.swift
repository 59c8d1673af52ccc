// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP
import LiveProgressNIO
import NIOCore
import NIOHTTP2

/// Stands at the end of an HTTP/2 connection, and ends it when nobody uses it or the server goes away.
final class HTTP2ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private static let question = HTTP2PingData(withInteger: 0x6c69_7665)

    private let limits: ConnectionLimits
    private var lifetime = HTTP2Lifetime()
    private var deadline: Scheduled<Void>?
    private var context: ChannelHandlerContext?

    /// A handler of a connection that has yet to open its first stream.
    init(limits: ConnectionLimits) {
        self.limits = limits
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        leave(in: TimeAmount(limits.headTimeout))
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .ping(Self.question, ack: true) = Self.unwrapInboundIn(data).payload { follow(lifetime.heard()) }
        context.fireChannelRead(data)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent: follow(lifetime.leave())
        // Who sends nothing more cannot even open the window for what it waits for.
        case ChannelEvent.inputClosed: context.close(promise: nil)
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Whoever breaks the rules has its connection ended (RFC 9113 section 5.4.1 allows that for the errors of a stream
        // too); but one of ours that comes too late for its stream has broken none.
        if error is NIOHTTP2Errors.StreamError { return }
        context.close(promise: nil)
    }

    func streamOpened(_ id: HTTP2StreamID) { follow(lifetime.streamOpened(Int(id))) }

    func streamClosed() { follow(lifetime.streamClosed()) }

    private func follow(_ action: HTTP2Lifetime.Action) {
        guard let context else { return }
        switch action {
        case .none: break
        case .stopWaiting: deadline?.cancel()
        case .wait: leave(in: TimeAmount(limits.idleTimeout))
        case .announce:
            deadline?.cancel()
            write(.goAway(lastStreamID: .maxID, errorCode: .noError, opaqueData: nil), context)
            write(.ping(Self.question, ack: false), context)
            context.flush()
            deadline = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limits.lingerTimeout)) {
                self.follow(self.lifetime.heard())
            }
        case .dismiss(let last): dismiss(last, context)
        case .dismissAndClose(let last):
            dismiss(last, context)
            context.close(promise: nil)
        case .close: closeBehindLastFrame(context)
        }
    }

    /// A stream is told as closed while its last frame is being written, which a close at once would overtake.
    private func closeBehindLastFrame(_ context: ChannelHandlerContext) {
        context.eventLoop.assumeIsolated().execute {
            context.flush()
            context.close(promise: nil)
        }
    }

    private func dismiss(_ last: Int, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        write(.goAway(lastStreamID: HTTP2StreamID(last), errorCode: .noError, opaqueData: nil), context)
        context.flush()
    }

    private func write(_ payload: HTTP2Frame.FramePayload, _ context: ChannelHandlerContext) {
        context.write(Self.wrapOutboundOut(HTTP2Frame(streamID: .rootStream, payload: payload)), promise: nil)
    }

    private func leave(in time: TimeAmount) {
        deadline?.cancel()
        deadline = context?.eventLoop.assumeIsolated().scheduleTask(in: time) { self.follow(self.lifetime.leave()) }
    }
}

/// Tells a connection's handler of its streams, on its event loop.
struct HTTP2StreamCount: NIOHTTP2StreamDelegate {
    private let handler: NIOLoopBound<HTTP2ConnectionHandler>

    /// Tells the handler; called on the event loop.
    init(_ handler: HTTP2ConnectionHandler, eventLoop: any EventLoop) {
        self.handler = NIOLoopBound(handler, eventLoop: eventLoop)
    }

    func streamCreated(_ id: HTTP2StreamID, channel: any Channel) {
        handler.value.streamOpened(id)
        channel.closeFuture.whenComplete { [handler] _ in handler.value.streamClosed() }
    }

    /// Not told of a stream whose channel closes while it is read: its channel itself is asked.
    func streamClosed(_ id: HTTP2StreamID, channel: any Channel) {}
}
