// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWebSocket
@_spi(Server) import LiveProgressWire
import NIOCore

/// The source of a list of operations, shared by all watchers with the same query.
///
/// A long list is read in batches, so that a watcher's first messages never take more memory than one batch.
final class FeedFanoutSource: FanoutSource {
    /// The maximum number of operations in one read.
    private static let batchSize = 256

    private let service: ProgressService
    private let query: ProgressQuery
    private let deflated: DeflatedMessages?
    private let onRelease: @Sendable () -> Void

    /// Creates a source over a service's changes; the source calls `onRelease` when it is released.
    init(
        service: ProgressService,
        query: ProgressQuery,
        deflated: DeflatedMessages? = nil,
        onRelease: @escaping @Sendable () -> Void
    ) {
        self.service = service
        self.query = query
        self.deflated = deflated
        self.onRelease = onRelease
    }

    deinit { onRelease() }

    func subscribe(_ waker: FanoutWaker) -> ProgressSubscription { service.subscribeToChanges(waker) }

    func unsubscribe(_ subscription: ProgressSubscription) { service.changes.unsubscribe(subscription) }

    /// Returns the current operations; a feed ignores the client's cursor.
    func open(cursor: String?) -> FanoutFrames { read(after: FanoutPosition(0)) }

    func read(after position: FanoutPosition) -> FanoutFrames {
        let reading = service.changes.read(after: position.place, matching: query, limit: Self.batchSize)
        if reading.mustRestart {
            return FanoutFrames([], position: position, close: WebSocketCloseReason(.resync))
        }
        return FanoutFrames(
            reading.events.map { ProgressMessage.encodeFeed($0)[...] },
            position: FanoutPosition(reading.position),
            hasMore: reading.hasMore,
            deflated: deflated
        )
    }

    func watcherJoined() {}

    func watcherLeft() {}

    /// Refuses the message, because a feed takes no messages.
    func receive(_ message: ByteBuffer, isText: Bool) -> FanoutReply {
        .violation(ByteBuffer(bytes: ProgressMessage.encodeError(.feedTakesNoMessages)))
    }
}
