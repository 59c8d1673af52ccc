// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

/// Cuts off the handlers behind it from a connection that another protocol has taken over.
///
/// This handler tells them that the input has ended, so that their readers finish. It then drops all their writes and closes. The
/// close of the channel still reaches these handlers and releases them.
final class DetachedHandlersBarrier: ChannelDuplexHandler {
    typealias InboundIn = Any
    typealias OutboundIn = Any

    func handlerAdded(context: ChannelHandlerContext) {
        context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func channelReadComplete(context: ChannelHandlerContext) {}

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {}

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        promise?.fail(ChannelError.outputClosed)
    }

    func flush(context: ChannelHandlerContext) {}

    func read(context: ChannelHandlerContext) {}

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        promise?.succeed()
    }
}
