// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import NIOCore

/// Stands before the HTTP decoder of a client, and holds the end of the input back while the protocol is switched.
///
/// A server may answer, send its last message and close in one go. The decoder gives what follows the answer to the next
/// handler only when it is removed, which takes a turn of the event loop, and drops it if it hears of the end before.
final class InputEndGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private enum HeldEnd { case inputClosed, channelInactive }

    private var isShut = false
    private var held: [HeldEnd] = []

    /// From now on, the end of the input is held back.
    func shut() {
        isShut = true
    }

    /// Hands on what was held back.
    func open(context: ChannelHandlerContext) {
        isShut = false
        for end in held {
            switch end {
            case .inputClosed: context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
            case .channelInactive: context.fireChannelInactive()
            }
        }
        held = []
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
