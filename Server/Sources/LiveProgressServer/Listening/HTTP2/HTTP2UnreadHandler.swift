// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@_spi(Server) import LiveProgressNIO
import NIOCore
import NIOHTTP2

/// Closes a stream whose client does not open the flow-control window (RFC 9113 section 5.2) for too long.
///
/// The handler splits data into pieces of at most 16 KiB, and counts pending and written pieces. It does not count the
/// time in which bytes wait for the socket: the connection has its own timeout for them.
final class HTTP2UnreadHandler: ChannelOutboundHandler {
    typealias OutboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    /// The maximum frame size that every client accepts, in bytes (RFC 9113 section 4.2).
    private static let pieceSize = 16 * 1024

    private var watch: UnreadWatch
    private let onGivingUp: () -> Void
    private var pending = 0
    private var taken = 0
    private var context: ChannelHandlerContext?

    /// Creates a handler that calls `onGivingUp` before it closes the stream.
    init(limit: TimeAmount, onGivingUp: @escaping () -> Void) {
        watch = UnreadWatch(limit: limit)
        self.onGivingUp = onGivingUp
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .data(var payload) = Self.unwrapOutboundIn(data), case .byteBuffer(var bytes) = payload.data,
            bytes.readableBytes > Self.pieceSize
        else { return writePiece(data, promise, context: context) }
        while bytes.readableBytes > Self.pieceSize, let piece = bytes.readSlice(length: Self.pieceSize) {
            let payload = HTTP2Frame.FramePayload.Data(data: .byteBuffer(piece))
            writePiece(Self.wrapOutboundOut(.data(payload)), nil, context: context)
        }
        payload.data = .byteBuffer(bytes)
        writePiece(Self.wrapOutboundOut(.data(payload)), promise, context: context)
    }

    private func writePiece(_ data: NIOAny, _ promise: EventLoopPromise<Void>?, context: ChannelHandlerContext) {
        pending += 1
        let written = promise ?? context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in
            self.pending -= 1
            self.taken += 1
        }
        context.write(data, promise: written)
    }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        follow(watch.sent(pending: pending, taken: taken, now: context.eventLoop.now), context: context)
    }

    private func look() {
        guard let context, context.channel.isActive else { return }
        if let connection = context.channel.parent, Self.waitsForSocket(connection) { taken += 1 }
        follow(watch.looked(pending: pending, taken: taken, now: context.eventLoop.now), context: context)
    }

    private static func waitsForSocket(_ connection: any Channel) -> Bool {
        (try? connection.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0 > 0
    }

    private func follow(_ action: UnreadWatch.Action, context: ChannelHandlerContext) {
        switch action {
        case .none: break
        case .look(let time):
            // Needs no cancellation: `look()` runs soon, and does nothing if all is sent or the stream is closed.
            _ = context.eventLoop.assumeIsolated().scheduleTask(deadline: time) { self.look() }
        case .giveUp:
            onGivingUp()
            context.close(promise: nil)
        }
    }
}
