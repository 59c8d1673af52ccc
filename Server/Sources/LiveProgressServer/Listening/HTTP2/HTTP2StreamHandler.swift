// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOHTTP2

/// Limits the time to receive the request of one HTTP/2 stream, and ends the stream after the response.
///
/// A complete response may precede the end of the request, for example because the body is too large. The handler then
/// sends RST_STREAM with NO_ERROR (RFC 9113 section 8.1) and does not read the rest of the request.
final class HTTP2StreamHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = HTTP2Frame.FramePayload
    typealias OutboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private let timeout: TimeAmount
    private var deadline: Scheduled<Void>?
    private var isRequestWhole = false

    /// Creates a handler for a stream; the timeout limits the time until the request is complete.
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
        // A route reads a body until the stream ends, and must not mistake a partial body for a complete one
        // (RFC 9113 section 8.1).
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
        // Reset only after the response is written, because a reset discards unsent frames.
        written.futureResult.assumeIsolated().whenSuccess {
            guard !self.isRequestWhole, context.channel.isActive else { return }
            context.writeAndFlush(Self.wrapOutboundOut(.rstStream(.noError)), promise: nil)
        }
    }
}

/// The error for a stream that closes before its request is complete.
private struct IncompleteRequest: Error {}

extension HTTP2Frame.FramePayload {
    /// Whether the frame has the END_STREAM flag.
    fileprivate var isLast: Bool {
        switch self {
        case .data(let data): data.endStream
        case .headers(let headers): headers.endStream
        default: false
        }
    }
}
