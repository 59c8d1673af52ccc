// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP
public import NIOCore

/// The first handler of a connection that speaks HTTP: closes the socket when its client takes nothing for too long.
///
/// It stands next to the socket, in front of TLS, so that it counts what the socket is given. The channel tells how much of
/// that it still has; the rest the system has taken, which takes no more than the client does, but for its buffers.
final class UnreadHandler: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    private var watch: UnreadWatch
    private let onGivingUp: () -> Void
    private var written = 0
    private var context: ChannelHandlerContext?

    /// A handler that tells when it gives a client up.
    init(limit: TimeAmount, onGivingUp: @escaping () -> Void) {
        watch = UnreadWatch(limit: limit)
        self.onGivingUp = onGivingUp
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        // What was written before, such as a TLS handshake, and has not been taken yet.
        written = Self.pending(of: context.channel)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        written += Self.unwrapOutboundIn(data).readableBytes
        context.write(data, promise: promise)
    }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        let pending = Self.pending(of: context.channel)
        follow(watch.sent(pending: pending, taken: written - pending, now: context.eventLoop.now), context: context)
    }

    private func look() {
        guard let context, context.channel.isActive else { return }
        let pending = Self.pending(of: context.channel)
        follow(watch.looked(pending: pending, taken: written - pending, now: context.eventLoop.now), context: context)
    }

    private func follow(_ action: UnreadWatch.Action, context: ChannelHandlerContext) {
        switch action {
        case .none: break
        case .look(let time):
            // Never cancelled: it comes soon, and finds nothing to do where the client has taken all or has gone.
            _ = context.eventLoop.assumeIsolated().scheduleTask(deadline: time) { self.look() }
        case .giveUp:
            onGivingUp()
            context.close(promise: nil)
        }
    }

    /// Bytes that the channel has and the system has not taken; none where a channel does not tell.
    private static func pending(of channel: any Channel) -> Int {
        (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }
}

extension ConnectionSetup {
    /// Closes a connection whose client takes nothing for `ConnectionLimits.unreadTimeout` while something is pending; called
    /// on its event loop.
    ///
    /// Connections that ``configure(_:openPath:)`` sets up are bounded already, while they speak HTTP/1.1.
    ///
    /// - Throws: What adding a handler throws; the connection is of no use then.
    public func boundUnread(_ channel: any Channel) throws {
        try addUnreadHandler(to: channel)
    }

    @discardableResult
    func addUnreadHandler(to channel: any Channel) throws -> UnreadHandler {
        let limit = TimeAmount(limits.unreadTimeout)
        let handler = UnreadHandler(limit: limit) { [limitRefusals] in limitRefusals.count(.unreadTime) }
        try channel.pipeline.syncOperations.addHandler(handler, position: .first)
        return handler
    }
}
