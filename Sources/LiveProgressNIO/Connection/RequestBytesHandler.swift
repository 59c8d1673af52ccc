// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

/// Shows the guard the bytes that the decoder gets: a request line that does not end, and a head that has only begun.
///
/// It cuts them where a request may end, so that what comes in one packet is seen as what comes in many.
final class RequestBytesHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let guardian: RequestGuardHandler
    private var ends = RequestEnds()
    private var isPassing = false
    private var removal: ChannelHandlerContext.RemovalToken?

    init(guardian: RequestGuardHandler) {
        self.guardian = guardian
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = Self.unwrapInboundIn(data)
        isPassing = true
        while removal == nil, bytes.readableBytes > 0 {
            let count = bytes.withUnsafeReadableBytes { ends.count(in: $0, bodyLeft: guardian.bodyLeft) }
            guard let piece = bytes.readSlice(length: count) else { break }
            guardian.pass(piece) { context.fireChannelRead(Self.wrapInboundOut($0)) }
        }
        isPassing = false
        guard let removal else { return }
        // The request was for an upgrade: the decoder hands on what it does not decode any more.
        if bytes.readableBytes > 0 { context.fireChannelRead(Self.wrapInboundOut(bytes)) }
        context.leavePipeline(removalToken: removal)
    }

    func removeHandler(context: ChannelHandlerContext, removalToken: ChannelHandlerContext.RemovalToken) {
        if isPassing {
            removal = removalToken
        } else {
            context.leavePipeline(removalToken: removalToken)
        }
    }
}
