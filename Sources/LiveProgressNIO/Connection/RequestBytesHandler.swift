// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

/// Shows the guard the bytes that the decoder gets: a request line that does not end, and a head that has only begun.
final class RequestBytesHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let guardian: RequestGuardHandler

    init(guardian: RequestGuardHandler) {
        self.guardian = guardian
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard guardian.receives(Self.unwrapInboundIn(data)) else { return }
        guardian.watching { context.fireChannelRead(data) }
    }
}
