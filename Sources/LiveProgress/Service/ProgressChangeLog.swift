// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// The result of one read of the change log.
package struct ProgressFeedReading: Sendable {
    /// The changes; each operation appears at most once.
    package let events: [ProgressFeedEvent]
    /// The number to pass to the next read.
    package let position: UInt64
    /// Whether the reader may have missed removals, and must start again from position 0 with an empty list.
    package let mustRestart: Bool
    /// Whether the limit cut the reading short, so that the next read returns more immediately.
    package let hasMore: Bool
}

/// A change of one operation in a feed.
public enum ProgressFeedEvent: Sendable, Hashable {
    /// The operation is new or has changed; the value is its newest snapshot.
    case changed(ProgressSnapshot)
    /// The operation was deleted or has expired.
    case removed(ProgressID)
}

/// The log of the operations that changed last; each of any number of readers keeps its own position.
///
/// The log holds each operation once, at its newest change, so memory grows with the number of operations, not with
/// changes or readers. The log is kept only while there are subscriptions. Each operation marks itself at most once in
/// a publishing interval.
package final class ProgressChangeLog: Sendable, ScheduledPublisher {
    struct State {
        /// The position in the operations that existed before the first subscription; `nil` once all are added.
        var filling: ChangeLogFilling?
        var log = NumberedKeys<ProgressID>()
        var journals: [ProgressID: ProgressJournal] = [:]
        var removals = NumberedKeys<ProgressID>()
        /// The last snapshots of removed operations, reduced to the members that decide who may see the removal.
        var removed: [ProgressID: ProgressSnapshot] = [:]
        /// The number of the newest forgotten removal; a reader at an earlier position must start again.
        var forgottenRemoval: UInt64 = 0
        var marked: [ProgressJournal] = []
        var isPublishScheduled = false
        var wakers: [UInt64: any ProgressWaker] = [:]
        var nextSubscription: UInt64 = 0
        var streams = 0
    }

    /// The number of removals that are kept for readers that lag behind.
    private static let removalsKept = 1024
    /// The key of `streams` in `wakers`; the numbers of subscriptions start at 1.
    private static let streamsNumber: UInt64 = 0

    private let publishing: PublishScheduler
    /// The streams; together they are one waker in the state.
    package let streams = WakeGroup()
    let state = Mutex(State())
    /// The number of wakers, kept outside the lock because every change of every operation reads it.
    private let subscriberCount = Atomic<Int>(0)

    init(publishing: PublishScheduler) {
        self.publishing = publishing
    }

    var isWatched: Bool { subscriberCount.load(ordering: .relaxed) > 0 }

    // MARK: Readers

    /// Adds a waker that is woken after every change until ``unsubscribe(_:)``; takes constant time.
    ///
    /// - Parameters:
    ///   - waker: The waker to add.
    ///   - source: The source of the existing operations; only the first subscription uses it.
    /// - Returns: The subscription to pass to ``unsubscribe(_:)``.
    func subscribe(_ waker: any ProgressWaker, source: any ChangeLogSource) -> ProgressSubscription {
        state.withLock { state in
            state.nextSubscription += 1
            set(waker, state.nextSubscription, in: &state, source)
            return ProgressSubscription(number: state.nextSubscription)
        }
    }

    /// Adds a stream that is woken after every change until ``remove(_:)``.
    func add(_ stream: WakeSignal, source: any ChangeLogSource) {
        streams.add(stream)
        state.withLock { state in
            state.streams += 1
            set(streams, Self.streamsNumber, in: &state, source)
        }
    }

    private func set(_ waker: any ProgressWaker, _ number: UInt64, in state: inout State, _ source: any ChangeLogSource)
    {
        if state.wakers.isEmpty { state.filling = ChangeLogFilling(source: source) }
        state.wakers[number] = waker
        subscriberCount.store(state.wakers.count, ordering: .sequentiallyConsistent)
    }

    /// Ends a subscription; ending the last subscription empties the log.
    package func unsubscribe(_ subscription: ProgressSubscription) {
        remove { $0.wakers[subscription.number] = nil }
    }

    /// Removes a stream, so that it is not woken any more.
    func remove(_ stream: WakeSignal) {
        streams.remove(stream)
        remove { state in
            state.streams -= 1
            if state.streams == 0 { state.wakers[Self.streamsNumber] = nil }
        }
    }

    private func remove(_ change: (inout State) -> Void) {
        let marked = state.withLock { state -> [ProgressJournal] in
            change(&state)
            subscriberCount.store(state.wakers.count, ordering: .sequentiallyConsistent)
            guard state.wakers.isEmpty else { return [] }
            let marked = state.marked
            state.forgottenRemoval = Self.lastNumber(state)
            state.filling = nil
            state.journals = [:]
            state.marked = []
            state.log.removeAll()
            return marked
        }
        for journal in marked { journal.takeChangeMark() }
    }

    /// Returns the changes after a position; position 0 returns all existing operations.
    ///
    /// The limit bounds the time and the memory, however many operations there are. The call seals the newest revision
    /// of each operation that it looks at, as ``ProgressJournal/snapshot()`` does.
    ///
    /// - Parameters:
    ///   - position: The position at which the previous reading ended.
    ///   - query: The operations to return; the statuses of the query are ignored.
    ///   - limit: The maximum number of changed operations to look at, which bounds what a reader holds at a time.
    /// - Returns: The changes and the position of the next read.
    package func read(
        after position: UInt64,
        matching query: ProgressQuery = .init(),
        limit: Int = .max
    ) -> ProgressFeedReading {
        fill(toRead: limit, after: position)
        let (changed, removed, end, mustRestart, hasMore) = state.withLock { state in
            let entries = Array(state.log.entries(after: position).prefix(limit))
            let last = Self.lastNumber(state)
            let end = entries.count == limit ? entries.last?.number ?? last : last
            let removals =
                position == 0 ? [] : Array(state.removals.entries(after: position).prefix { $0.number <= end })
            return (
                entries.compactMap { state.journals[$0.key] },
                removals.compactMap { state.removed[$0.key] },
                end,
                position > 0 && position < state.forgottenRemoval,
                end < last || state.filling != nil
            )
        }
        // Snapshots are taken outside the lock, because each takes the lock of its journal.
        let snapshots = changed.map { $0.snapshot() }.filter(query.hasScope)
        return ProgressFeedReading(
            events: removed.filter(query.hasScope).map { .removed($0.id) } + snapshots.map { .changed($0) },
            position: end,
            mustRestart: mustRestart,
            hasMore: hasMore
        )
    }

    // MARK: Operations

    /// Notes that an operation has changed; an operation calls this once until ``ProgressJournal/takeChangeMark()``.
    func noteChange(of journal: ProgressJournal) {
        let mustSchedule = state.withLock { state in
            state.marked.append(journal)
            defer { state.isPublishScheduled = true }
            return !state.isPublishScheduled
        }
        if mustSchedule { publishing.schedule(self) }
    }

    func noteRemoval(of journal: ProgressJournal) {
        guard isWatched else { return }
        var last = journal.snapshot()
        last.details = .null
        last.head.outcome = nil
        let wakers = state.withLock { state -> [any ProgressWaker] in
            guard state.journals.removeValue(forKey: journal.id) != nil else { return [] }
            state.log.remove(journal.id)
            state.removals.put(journal.id, under: Self.lastNumber(state) + 1)
            state.removed[journal.id] = last
            if state.removals.count > Self.removalsKept, let oldest = state.removals.removeOldest() {
                state.forgottenRemoval = oldest.number
                state.removed[oldest.key] = nil
            }
            return Array(state.wakers.values)
        }
        for waker in wakers { waker.wake() }
    }

    func publishDue() {
        let marked = state.withLock { state in
            state.isPublishScheduled = false
            defer { state.marked = [] }
            return state.marked
        }
        // The marks are cleared first: a later change sets its mark again, and is not lost.
        for journal in marked { journal.takeChangeMark() }
        let wakers = state.withLock { state -> [any ProgressWaker] in
            guard !state.wakers.isEmpty else { return [] }
            for journal in marked where !journal.isRetired { Self.put(journal, in: &state) }
            return Array(state.wakers.values)
        }
        for waker in wakers { waker.wake() }
    }

    static func put(_ journal: ProgressJournal, in state: inout State) {
        state.journals[journal.id] = journal
        state.removals.remove(journal.id)
        state.removed[journal.id] = nil
        state.log.put(journal.id, under: lastNumber(state) + 1)
    }

    private static func lastNumber(_ state: State) -> UInt64 {
        max(state.log.lastNumber, state.removals.lastNumber)
    }
}

extension ProgressQuery {
    /// Returns whether a feed includes an operation; ignores the statuses, because the status of an operation changes.
    func hasScope(_ snapshot: ProgressSnapshot) -> Bool {
        var scope = self
        scope.statuses = []
        return scope.matches(snapshot)
    }
}
