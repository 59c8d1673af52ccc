// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOTLS

/// The last handler of a connection during its TLS handshake: reports the selected protocol, or closes the connection.
///
/// The handshake has a time limit. Until it succeeds, a shutdown of the server closes the connection immediately.
final class HandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let timeout: TimeAmount
    private let begin: (_ applicationProtocol: String?) throws -> Void
    private var deadline: Scheduled<Void>?

    /// Creates a handler that calls `begin` once with the protocol that ALPN (RFC 7301) selected, after the handshake.
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
                // The protocol's handlers must be in the pipeline before its first byte arrives.
                try begin(applicationProtocol)
                context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
            } catch {
                giveUp(context: context)
            }
        case is ChannelShouldQuiesceEvent, ChannelEvent.inputClosed: giveUp(context: context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    /// Closes without a TLS close alert, because the handshake has not finished.
    private func giveUp(context: ChannelHandlerContext) {
        context.pipeline.fireUserInboundEventTriggered(ConnectionMustClose())
    }
}

/// The first handler of an encrypted connection: closes the socket immediately on `ConnectionMustClose`.
///
/// A close from behind TLS would wait for the client's close alert.
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
