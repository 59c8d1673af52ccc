// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import NIOCore

/// A handler that refuses bytes after the close, as a socket does; a channel in memory would accept them.
public final class ClosableSocket: ChannelOutboundHandler {
    /// Bytes for the socket.
    public typealias OutboundIn = ByteBuffer

    /// Creates a socket that is open while its channel is active.
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
