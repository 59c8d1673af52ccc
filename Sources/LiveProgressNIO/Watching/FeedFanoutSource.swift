// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWebSocket
import LiveProgressWire
import NIOCore

/// The list of operations as messages, for all who ask for the same of it.
///
/// A long list is read piece by piece, so that no watcher's first messages take more memory than one piece.
final class FeedFanoutSource: FanoutSource {
    /// The most operations that one read tells of.
    private static let batchSize = 256

    private let service: ProgressService
    private let query: ProgressQuery
    private let deflated: DeflatedMessages?
    private let onRelease: @Sendable () -> Void

    /// A source over a service's changes; `onRelease` is called when the source is released.
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

    /// The feed begins with what is there now, whatever the client has seen.
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

    /// A feed is only listened to.
    func receive(_ message: ByteBuffer, isText: Bool) -> FanoutReply {
        .violation(ByteBuffer(bytes: ProgressMessage.encodeError(.feedTakesNoMessages)))
    }
}
