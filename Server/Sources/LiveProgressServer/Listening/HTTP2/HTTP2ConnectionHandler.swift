// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP
@_spi(Server) import LiveProgressNIO
import NIOCore
import NIOHTTP2

/// Closes an HTTP/2 connection when the connection is idle for too long, or when the server shuts down.
final class HTTP2ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private static let question = HTTP2PingData(withInteger: 0x6c69_7665)

    private let limits: ConnectionLimits
    private var lifetime = HTTP2Lifetime()
    private var deadline: Scheduled<Void>?
    private var context: ChannelHandlerContext?

    /// Creates a handler for a connection without streams.
    init(limits: ConnectionLimits) {
        self.limits = limits
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        beginShutdown(in: TimeAmount(limits.headTimeout))
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
        case is ChannelShouldQuiesceEvent: follow(lifetime.beginShutdown())
        // Without input, no WINDOW_UPDATE can arrive for the frames that are still to be sent.
        case ChannelEvent.inputClosed: context.close(promise: nil)
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A protocol error closes the connection; RFC 9113 section 5.4.1 allows that for stream errors too. A
        // `StreamError` is not the client's fault: the server wrote a frame after its stream had closed.
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
        case .wait: beginShutdown(in: TimeAmount(limits.idleTimeout))
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

    /// Closes the connection in the next event loop tick.
    ///
    /// `streamClosed` is called while the last frame of the stream is being written; an immediate close would drop it.
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

    private func beginShutdown(in time: TimeAmount) {
        deadline?.cancel()
        deadline = context?.eventLoop.assumeIsolated().scheduleTask(in: time) {
            self.follow(self.lifetime.beginShutdown())
        }
    }
}

/// Reports opened and closed streams to the ``HTTP2ConnectionHandler``, on its event loop.
struct HTTP2StreamCount: NIOHTTP2StreamDelegate {
    private let handler: NIOLoopBound<HTTP2ConnectionHandler>

    /// Creates a delegate for a handler; call it on the event loop.
    init(_ handler: HTTP2ConnectionHandler, eventLoop: any EventLoop) {
        self.handler = NIOLoopBound(handler, eventLoop: eventLoop)
    }

    func streamCreated(_ id: HTTP2StreamID, channel: any Channel) {
        handler.value.streamOpened(id)
        channel.closeFuture.whenComplete { [handler] _ in handler.value.streamClosed() }
    }

    /// Does nothing; `streamCreated` observes the channel's `closeFuture` instead.
    ///
    /// NIO does not call this method for a stream whose channel closes during a read.
    func streamClosed(_ id: HTTP2StreamID, channel: any Channel) {}
}
