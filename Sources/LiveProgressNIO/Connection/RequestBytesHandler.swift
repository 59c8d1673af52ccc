// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

/// Shows the guard the bytes that the decoder gets: a request line that does not end, and a head that has only begun.
///
/// It cuts them where a request may end, so that what comes in one packet is seen as what comes in many. What follows a
/// request for an upgrade stays here until the connection is the other protocol's: the decoder has a judgement of its
/// own on what such a request is, and would read on where it takes one for another.
final class RequestBytesHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let guardian: RequestGuardHandler
    private var ends = RequestEnds()
    private var kept: ByteBuffer?
    private var isOver = false

    init(guardian: RequestGuardHandler) {
        self.guardian = guardian
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return context.fireChannelRead(data) }
        var bytes = Self.unwrapInboundIn(data)
        while bytes.readableBytes > 0 {
            let isKept = guardian.hasEndedDecoding
            let count =
                isKept
                ? bytes.readableBytes
                : bytes.withUnsafeReadableBytes { ends.count(in: $0, bodyLeft: guardian.bodyLeft) }
            guard let piece = bytes.readSlice(length: count) else { break }
            guardian.pass(piece) { isKept ? keep($0) : context.fireChannelRead(Self.wrapInboundOut($0)) }
        }
    }

    /// The guard sees to it that they are few.
    private func keep(_ bytes: ByteBuffer) {
        if kept == nil { kept = bytes } else { kept?.writeImmutableBuffer(bytes) }
    }

    /// The connection is another protocol's, to which everything that came behind the request belongs.
    ///
    /// - Returns: What has come so far; what comes from now on passes.
    func end() -> ByteBuffer? {
        isOver = true
        defer { kept = nil }
        return kept
    }
}
