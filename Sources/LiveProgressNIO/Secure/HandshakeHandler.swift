// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOTLS

/// The last handler of a connection that is still shaking hands for TLS: says what was agreed, or closes.
///
/// A handshake has its time; until it is done the connection is nobody's, and goes with the server.
final class HandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let timeout: TimeAmount
    private let begin: (_ applicationProtocol: String?) throws -> Void
    private var deadline: Scheduled<Void>?

    /// A handler that calls `begin` once, with what ALPN (RFC 7301) agreed on, when the handshake has succeeded.
    init(timeout: TimeAmount, begin: @escaping (_ applicationProtocol: String?) throws -> Void) {
        self.timeout = timeout
        self.begin = begin
    }

    func handlerAdded(context: ChannelHandlerContext) {
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { self.giveUp(context: context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        giveUp(context: context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted(let applicationProtocol):
            do {
                // The handlers of the protocol stand behind this one before any byte of it comes.
                try begin(applicationProtocol)
                context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
            } catch {
                giveUp(context: context)
            }
        case is ChannelShouldQuiesceEvent, ChannelEvent.inputClosed: giveUp(context: context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    /// Without a goodbye: there is nothing yet that it could be said in.
    private func giveUp(context: ChannelHandlerContext) {
        context.pipeline.fireUserInboundEventTriggered(ConnectionMustClose())
    }
}

/// The first handler of an encrypted connection: closes the socket at once when the connection's time is over.
///
/// A close from behind TLS would wait for the client to say goodbye as well.
final class CutOffHandler: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ConnectionMustClose {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }
}
