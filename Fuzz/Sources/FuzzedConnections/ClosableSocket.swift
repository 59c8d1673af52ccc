// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import NIOCore

/// Takes no bytes once it is closed, as sockets do; a channel in memory does.
public final class ClosableSocket: ChannelOutboundHandler {
    /// Bytes for the socket.
    public typealias OutboundIn = ByteBuffer

    /// A socket that is open while its channel is active.
    public init() {}

    /// Passes bytes on while the channel is active.
    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard context.channel.isActive else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        context.write(data, promise: promise)
    }
}
