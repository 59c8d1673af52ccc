// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The changes of a service's operations, for a watcher in the same process.
///
/// The feed gives all existing operations first, then each change. Changes of one operation within a publishing
/// interval arrive as one change.
///
/// If a watcher falls so far behind that it may have missed a removal, the feed ends. The watcher must then iterate the
/// feed again from the start.
struct ProgressFeed: AsyncSequence, Sendable {
    /// The change that a watcher receives.
    typealias Element = ProgressFeedEvent
    /// The feed never fails.
    typealias Failure = Never

    let service: ProgressService
    let query: ProgressQuery

    /// Creates a new watcher.
    func makeAsyncIterator() -> Iterator {
        Iterator(registration: FeedRegistration(service), query: query)
    }

    /// One watcher with its position in the change log.
    struct Iterator: AsyncIteratorProtocol {
        /// The number of operations read at a time; bounds the watcher's memory and the time under the log's lock.
        private static let readingLimit = 128

        private let registration: FeedRegistration
        private let query: ProgressQuery
        private var position: UInt64 = 0
        private var pending: ArraySlice<ProgressFeedEvent> = []

        fileprivate init(registration: FeedRegistration, query: ProgressQuery) {
            self.registration = registration
            self.query = query
        }

        /// Returns the next event, or `nil` if the task is cancelled or the watcher has fallen too far behind.
        mutating func next(isolation actor: isolated (any Actor)?) async -> ProgressFeedEvent? {
            while true {
                if let event = pending.popFirst() { return event }
                if Task.isCancelled { return nil }
                let changes = registration.service.changes
                let reading = changes.read(after: position, matching: query, limit: Self.readingLimit)
                if reading.mustRestart { return nil }
                position = reading.position
                pending = reading.events[...]
                if pending.isEmpty, !reading.hasMore { _ = await registration.signal.wait() }
            }
        }
    }
}

/// The registration of one watcher for the changes of a service; releasing it ends the registration.
package final class FeedRegistration: Sendable {
    package let service: ProgressService
    /// The signal that is set when there may be something new to read.
    package let signal = WakeSignal()

    package init(_ service: ProgressService) {
        self.service = service
        service.changes.add(signal, source: service)
    }

    deinit { service.changes.remove(signal) }
}
