// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// The events of one operation, for a watcher in the same process: the current snapshot or the replay from a cursor
/// first, then every revision, ending after the end.
///
/// Each iterator is one watcher with a cursor of its own. One that is slow queues nothing: it finds how many
/// revisions it missed in ``ProgressEvent/skipped``.
public struct ProgressEvents: AsyncSequence, Sendable {
    /// What a watcher gets.
    public typealias Element = ProgressEvent

    let journal: ProgressJournal
    let cursor: ProgressCursor?

    /// A new watcher.
    public func makeAsyncIterator() -> Iterator {
        Iterator(registration: WatcherRegistration(journal), cursor: cursor)
    }

    /// One watcher's walk through the journal.
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

        /// The next event, or `nil` after the end, or when the task is cancelled.
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

/// One watcher's registration with a journal, from its making to its release.
package final class WatcherRegistration: Sendable {
    package let journal: ProgressJournal
    /// Set when there may be something new to read.
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

    /// Reads what follows a position, or from a cursor where there is no position yet.
    ///
    /// The watcher counts from its first reading on, so that it sees all that a worker does who waited for it.
    package func read(after position: UInt64?, cursor: ProgressCursor?) -> ProgressReading {
        let reading = position.map(journal.read(after:)) ?? journal.open(at: cursor)
        if !hasJoined.exchange(true, ordering: .acquiringAndReleasing) { journal.watcherJoined() }
        return reading
    }
}

extension ProgressJournal {
    /// The number of the group of streams among the wakers; subscriptions count from 1.
    private static let streamsNumber: UInt64 = 0

    /// The events of the operation, the current snapshot first, or the replay from a cursor.
    ///
    /// ```swift
    /// for try await event in journal.events() { print(event.snapshot.state) }
    /// ```
    public func events(from cursor: ProgressCursor? = nil) -> ProgressEvents {
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

/// The snapshots of one operation, for a watcher in the same process: the current one first, then every revision.
public struct ProgressStream: AsyncSequence, Sendable {
    /// What a watcher gets.
    public typealias Element = ProgressSnapshot

    /// The same with what was skipped and whether a cursor was resumed.
    public let events: ProgressEvents

    /// A new watcher.
    public func makeAsyncIterator() -> Iterator {
        Iterator(events: events.makeAsyncIterator())
    }

    /// One watcher's walk through the journal.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate var events: ProgressEvents.Iterator

        /// The next snapshot, or `nil` after the end, or when the task is cancelled.
        ///
        /// - Throws: ``ProgressError`` with code ``ProgressError/Code/gone`` when the operation is deleted or expires.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(ProgressError) -> ProgressSnapshot? {
            try await events.next(isolation: actor)?.snapshot
        }
    }
}
