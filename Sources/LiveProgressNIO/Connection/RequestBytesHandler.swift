// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

/// Passes bytes through the request guard before the decoder gets them.
///
/// The guard must see an endless request line and an incomplete head. This handler cuts the bytes where a request may end, so
/// that bytes in one packet are handled as bytes in many packets. Bytes after an upgrade request stay here until the connection
/// switches protocols. The decoder decides by its own rules whether such a request is an upgrade, so it could read these bytes as
/// requests.
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

    /// Keeps bytes that follow an upgrade request; the guard limits their number.
    private func keep(_ bytes: ByteBuffer) {
        if kept == nil { kept = bytes } else { kept?.writeImmutableBuffer(bytes) }
    }

    /// Ends the decoding of requests, because another protocol has taken over the connection.
    ///
    /// - Returns: The kept bytes, which belong to the other protocol. Later bytes pass through.
    func end() -> ByteBuffer? {
        isOver = true
        defer { kept = nil }
        return kept
    }
}
