// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOHTTP2

/// Bounds the time that the request of one HTTP/2 stream may take to come, and lets the stream go with its answer.
///
/// A client that goes on sending behind a whole answer, such as one that its body is too large, is told to stop
/// (RFC 9113 section 8.1), and what it sends is not read.
final class HTTP2StreamHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = HTTP2Frame.FramePayload
    typealias OutboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private let timeout: TimeAmount
    private var deadline: Scheduled<Void>?
    private var isRequestWhole = false

    /// A handler of a stream whose request has to be whole in the given time.
    init(timeout: TimeAmount) {
        self.timeout = timeout
    }

    func handlerAdded(context: ChannelHandlerContext) {
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { context.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        // Routes read a body to where the stream ends, and must not take a part for the whole (RFC 9113 section 8.1).
        if !isRequestWhole { context.fireErrorCaught(IncompleteRequest()) }
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if Self.unwrapInboundIn(data).isLast {
            isRequestWhole = true
            deadline?.cancel()
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard Self.unwrapOutboundIn(data).isLast, !isRequestWhole else { return context.write(data, promise: promise) }
        let written = promise ?? context.eventLoop.makePromise(of: Void.self)
        context.write(data, promise: written)
        // Behind the answer: a reset lets go of what has still to be sent.
        written.futureResult.assumeIsolated().whenSuccess {
            guard !self.isRequestWhole, context.channel.isActive else { return }
            context.writeAndFlush(Self.wrapOutboundOut(.rstStream(.noError)), promise: nil)
        }
    }
}

/// The stream broke off within its request.
private struct IncompleteRequest: Error {}

extension HTTP2Frame.FramePayload {
    /// Whether its sender sends nothing more on the stream.
    fileprivate var isLast: Bool {
        switch self {
        case .data(let data): data.endStream
        case .headers(let headers): headers.endStream
        default: false
        }
    }
}
