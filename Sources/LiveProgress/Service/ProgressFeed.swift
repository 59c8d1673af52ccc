// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// What happens to the operations of a service, for a watcher in the same process: all that are there first, then each
/// change, an operation's changes of one publishing interval as one.
///
/// A watcher that falls so far behind that it may have missed a removal comes to the feed's end, and begins anew.
public struct ProgressFeed: AsyncSequence, Sendable {
    /// What a watcher gets.
    public typealias Element = ProgressFeedEvent
    /// A feed does not fail.
    public typealias Failure = Never

    let service: ProgressService
    let query: ProgressQuery

    /// A new watcher.
    public func makeAsyncIterator() -> Iterator {
        Iterator(registration: FeedRegistration(service), query: query)
    }

    /// One watcher's walk through the log of changes.
    public struct Iterator: AsyncIteratorProtocol {
        /// How many operations are read at a time: a watcher holds no more, and keeps the log's lock no longer.
        private static let readingLimit = 128

        private let registration: FeedRegistration
        private let query: ProgressQuery
        private var position: UInt64 = 0
        private var pending: ArraySlice<ProgressFeedEvent> = []

        fileprivate init(registration: FeedRegistration, query: ProgressQuery) {
            self.registration = registration
            self.query = query
        }

        /// The next event, or `nil` when the task is cancelled or the watcher has fallen too far behind.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> ProgressFeedEvent? {
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

/// One watcher's registration with the changes of a service, from its making to its release.
package final class FeedRegistration: Sendable {
    package let service: ProgressService
    /// Set when there may be something new to read.
    package let signal = WakeSignal()

    package init(_ service: ProgressService) {
        self.service = service
        service.changes.add(signal, source: service)
    }

    deinit { service.changes.remove(signal) }
}
