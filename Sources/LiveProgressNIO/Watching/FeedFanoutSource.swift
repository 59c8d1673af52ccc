// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWebSocket
import LiveProgressWire
import NIOCore
import Synchronization

/// The list of operations as messages, for all who ask for the same of it.
///
/// A long list is read piece by piece, so that nobody's first messages take more memory than one piece.
final class FeedFanoutSource: FanoutSource {
    /// How many operations one batch tells of at the most.
    private static let batchSize = 256

    private struct State {
        var wakers: [UInt64: FanoutWaker] = [:]
        var nextNumber: UInt64 = 0
    }

    private let service: ProgressService
    private let query: ProgressQuery
    private let state = Mutex(State())
    private let onRelease: @Sendable () -> Void

    /// A source over a service's changes; `onRelease` is called when nobody holds it any more.
    init(service: ProgressService, query: ProgressQuery, onRelease: @escaping @Sendable () -> Void) {
        self.service = service
        self.query = query
        self.onRelease = onRelease
    }

    deinit { onRelease() }

    func attach(_ waker: FanoutWaker) -> FanoutAttachment {
        let subscription = service.subscribeToChanges(LoopWaker(waker))
        let number = state.withLock { state in
            state.nextNumber += 1
            state.wakers[state.nextNumber] = waker
            return state.nextNumber
        }
        return FanoutAttachment { [weak self, service] in
            service.changes.unsubscribe(subscription)
            self?.state.withLock { _ = $0.wakers.removeValue(forKey: number) }
        }
    }

    /// The feed begins with what is there now, whatever the client has seen.
    func open(cursor: String?) -> FanoutBatch { read(after: FanoutPosition(0)) }

    func read(after position: FanoutPosition) -> FanoutBatch {
        let reading = service.changes.read(after: position.place, matching: query, limit: Self.batchSize)
        if reading.mustRestart {
            return FanoutBatch(messages: [], position: position, close: WebSocketCloseReason(.resync))
        }
        if reading.hasMore { wakeAll() }
        let messages = reading.events.map { ProgressMessage.encodeFeed($0)[...] }
        return FanoutBatch(messages: messages, position: FanoutPosition(reading.position))
    }

    func watcherJoined() {}

    func watcherLeft() {}

    /// A feed is only listened to.
    func receive(_ message: ByteBuffer, isText: Bool) -> FanoutReply {
        .violation(ByteBuffer(bytes: ProgressMessage.encodeError(.feedTakesNoMessages)))
    }

    /// The rest is read in the loops' next turn, after others have had theirs.
    private func wakeAll() {
        for waker in state.withLock({ Array($0.wakers.values) }) { waker.wake() }
    }
}
