// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import NIOCore

/// The handler before a client's HTTP decoder: holds bytes after the response while the protocol is switched.
///
/// A server may send the response, its last message and its close in one packet. The bytes after the response belong to the
/// WebSocket handler, which is added one turn of the event loop later. The decoder must not get these bytes: it decides by its
/// own rules whether the protocol is switched, may read on, and would drop all bytes at the end of the input.
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

    /// Holds everything from now on.
    func shut() {
        isShut = true
    }

    /// Passes on everything that was held.
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
