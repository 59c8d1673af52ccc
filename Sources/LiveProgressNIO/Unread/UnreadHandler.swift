// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@_spi(Server) import LiveProgressHTTP
public import NIOCore

/// The first handler of an HTTP connection: closes the socket if its client reads nothing for too long.
///
/// The handler stands next to the socket, in front of TLS, so it counts the bytes that the socket receives. The channel reports
/// how many of these bytes it still holds. The system has accepted the rest: the bytes that the client has read, and the bytes in
/// the system's buffers.
final class UnreadHandler: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    private var watch: UnreadWatch
    private let onGivingUp: () -> Void
    private var written = 0
    private var context: ChannelHandlerContext?

    /// Creates a handler that calls `onGivingUp` before it closes the socket.
    init(limit: TimeAmount, onGivingUp: @escaping () -> Void) {
        watch = UnreadWatch(limit: limit)
        self.onGivingUp = onGivingUp
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        // Bytes that were written before, such as a TLS handshake, and that the system has not accepted yet.
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
            // The task is never cancelled: it runs soon, and does nothing if the client has read everything or has disconnected.
            _ = context.eventLoop.assumeIsolated().scheduleTask(deadline: time) { self.look() }
        case .giveUp:
            onGivingUp()
            context.close(promise: nil)
        }
    }

    /// Returns the number of bytes that the channel holds and the system has not accepted; 0 if the channel does not report it.
    private static func pending(of channel: any Channel) -> Int {
        (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }
}

extension ConnectionSetup {
    /// Closes a connection if its client reads nothing for `ConnectionLimits.unreadTimeout` while bytes are pending.
    ///
    /// Call it on the connection's event loop. Connections that ``configure(_:addHTTPHandlers:)`` sets up have this bound already, while
    /// they speak HTTP/1.1.
    ///
    /// - Throws: The error of adding a handler; close the connection then.
    @_spi(Server) public func boundUnread(_ channel: any Channel) throws {
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
