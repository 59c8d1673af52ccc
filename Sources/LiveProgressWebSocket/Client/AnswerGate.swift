// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import NIOCore

/// Stands before the HTTP decoder of a client, and holds back what follows the answer while the protocol is switched.
///
/// A server may answer, send its last message and close in one go. What follows the answer is the WebSocket's, which is
/// there a turn of the event loop later. The decoder gets nothing of it: it has a judgement of its own on whether the
/// protocol is switched, would read on where it sees that otherwise, and would drop it all at the end of the input.
final class AnswerGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private enum Held {
        case bytes(ByteBuffer)
        case inputClosed, channelInactive
    }

    private var heads = HeadEnds()
    private var isShut = false
    private var held: [Held] = []

    /// From now on, everything is held back.
    func shut() {
        isShut = true
    }

    /// Hands on what was held back.
    func open(context: ChannelHandlerContext) {
        isShut = false
        for one in held {
            switch one {
            case .bytes(let bytes): context.fireChannelRead(Self.wrapInboundOut(bytes))
            case .inputClosed: context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
            case .channelInactive: context.fireChannelInactive()
            }
        }
        held = []
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = Self.unwrapInboundIn(data)
        while !isShut, bytes.readableBytes > 0 {
            let count = bytes.withUnsafeReadableBytes { heads.count(in: $0) }
            guard let piece = bytes.readSlice(length: count) else { break }
            context.fireChannelRead(Self.wrapInboundOut(piece))
        }
        if bytes.readableBytes > 0 { held.append(.bytes(bytes)) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if isShut { held.append(.channelInactive) } else { context.fireChannelInactive() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if isShut, event as? ChannelEvent == .inputClosed {
            held.append(.inputClosed)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }
}
