// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// The events of one operation, for a watcher in the same process.
///
/// The sequence has the current snapshot or the replay from a cursor first, then every later revision, and finishes
/// after the end.
///
/// Each iterator is one watcher with its own cursor. Nothing is queued for a slow watcher: ``ProgressEvent/skipped``
/// has the number of revisions that the watcher missed.
public struct ProgressEvents: AsyncSequence, Sendable {
    /// The element that a watcher receives.
    public typealias Element = ProgressEvent

    let journal: ProgressJournal
    let cursor: ProgressCursor?

    /// Creates a new watcher.
    public func makeAsyncIterator() -> Iterator {
        Iterator(registration: WatcherRegistration(journal), cursor: cursor)
    }

    /// One watcher with its position in the journal.
    public struct Iterator: AsyncIteratorProtocol {
        private let registration: WatcherRegistration
        private let cursor: ProgressCursor?
        private var position: UInt64?
        private var pending: ArraySlice<ProgressEvent> = []
        private var isFinished = false

        init(registration: WatcherRegistration, cursor: ProgressCursor?) {
            self.registration = registration
            self.cursor = cursor
        }

        /// Returns the next event, or `nil` after the end or if the task is cancelled.
        ///
        /// - Throws: ``ProgressError`` with code ``ProgressError/Code/gone`` when the operation is deleted or expires.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(ProgressError) -> ProgressEvent?
        {
            while true {
                if let event = pending.popFirst() { return event }
                if isFinished || Task.isCancelled { return nil }
                let reading = registration.read(after: position, cursor: cursor)
                position = reading.position
                pending = reading.events[...]
                isFinished = reading.isFinished
                guard pending.isEmpty, !isFinished else { continue }
                if reading.removal != nil {
                    isFinished = true
                    throw ProgressError.gone(registration.journal.id)
                }
                _ = await registration.signal.wait()
            }
        }
    }
}

/// The registration of one watcher with a journal; releasing it ends the registration.
package final class WatcherRegistration: Sendable {
    package let journal: ProgressJournal
    /// The signal that is set when there may be something new to read.
    package let signal = WakeSignal()
    private let hasJoined = Atomic(false)

    package init(_ journal: ProgressJournal) {
        self.journal = journal
        journal.streams.add(signal)
        journal.streamJoined()
    }

    deinit {
        journal.streams.remove(signal)
        journal.streamLeft()
        if hasJoined.load(ordering: .acquiring) { journal.watcherLeft() }
    }

    /// Reads the events after a position; without a position, opens the journal at a cursor.
    ///
    /// The watcher is counted only after its first reading. So a worker that waits for a watcher makes no report that
    /// this watcher misses.
    package func read(after position: UInt64?, cursor: ProgressCursor?) -> ProgressReading {
        let reading = position.map(journal.read(after:)) ?? journal.open(at: cursor)
        if !hasJoined.exchange(true, ordering: .acquiringAndReleasing) { journal.watcherJoined() }
        return reading
    }
}

extension ProgressJournal {
    /// The key of the streams among the wakers; the numbers of subscriptions start at 1.
    private static let streamsNumber: UInt64 = 0

    /// Returns the events of the operation: the current snapshot first, or the replay from a cursor.
    ///
    /// ```swift
    /// for try await event in journal.events() { print(event.snapshot.state) }
    /// ```
    package func events(from cursor: ProgressCursor? = nil) -> ProgressEvents {
        ProgressEvents(journal: self, cursor: cursor)
    }

    fileprivate func streamJoined() {
        state.withLock { state in
            state.streams += 1
            state.core.count(pending.take())
            state.wakers.set(Self.streamsNumber, streams)
        }
    }

    fileprivate func streamLeft() {
        state.withLock { state in
            state.streams -= 1
            if state.streams == 0 { state.wakers.set(Self.streamsNumber, nil) }
        }
    }
}

/// The snapshots of one operation, for a watcher in the same process: the current one first, then every later one.
struct ProgressStream: AsyncSequence, Sendable {
    /// The element that a watcher receives.
    typealias Element = ProgressSnapshot

    let events: ProgressEvents

    /// Creates a new watcher.
    func makeAsyncIterator() -> Iterator {
        Iterator(events: events.makeAsyncIterator())
    }

    /// One watcher with its position in the journal.
    struct Iterator: AsyncIteratorProtocol {
        fileprivate var events: ProgressEvents.Iterator

        /// Returns the next snapshot, or `nil` after the end or if the task is cancelled.
        ///
        /// - Throws: ``ProgressError`` with code ``ProgressError/Code/gone`` when the operation is deleted or expires.
        mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(ProgressError) -> ProgressSnapshot? {
            try await events.next(isolation: actor)?.snapshot
        }
    }
}
