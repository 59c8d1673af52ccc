// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// What one read of the change log gives.
public struct ProgressFeedReading: Sendable {
    /// What changed, each operation once at the most.
    public let events: [ProgressFeedEvent]
    /// The number to pass to the next read.
    public let position: UInt64
    /// Whether removals may have been missed, so that the reader must begin anew from 0 with an empty list.
    public let mustRestart: Bool
    /// Whether the limit cut the reading short, so that the next one gives more at once.
    public let hasMore: Bool
}

/// Something that happened to one of many operations.
public enum ProgressFeedEvent: Sendable, Hashable {
    /// It is new, or has changed: its newest snapshot.
    case changed(ProgressSnapshot)
    /// It is no longer there.
    case removed(ProgressID)
}

/// Which operations of a service changed last: one log that any number of readers follow, each with its own number.
///
/// An operation stands in it once, at its newest change, so that memory grows with the operations and not with changes or
/// readers. It is kept only while someone is subscribed; operations mark themselves once in each publishing interval at most.
public final class ProgressChangeLog: Sendable, ScheduledPublisher {
    struct State {
        /// Where the operations that were there before anyone subscribed are being taken in from, if they still are.
        var filling: ChangeLogFilling?
        var log = NumberedKeys<ProgressID>()
        var journals: [ProgressID: ProgressJournal] = [:]
        var removals = NumberedKeys<ProgressID>()
        /// What the removed operations were, as far as it decides who may hear of them.
        var removed: [ProgressID: ProgressSnapshot] = [:]
        /// The number of the newest removal that is forgotten: readers before it cannot know of it.
        var forgottenRemoval: UInt64 = 0
        var marked: [ProgressJournal] = []
        var isPublishScheduled = false
        var wakers: [UInt64: any ProgressWaker] = [:]
        var nextSubscription: UInt64 = 0
        var streams = 0
    }

    /// How many removals are remembered for readers that lag behind.
    private static let removalsKept = 1024
    /// The number of the group of streams among the wakers; subscriptions count from 1.
    private static let streamsNumber: UInt64 = 0

    private let publishing: PublishScheduler
    /// All streams are one waker among those of the state.
    package let streams = WakeGroup()
    let state = Mutex(State())
    /// Read by every change of every operation, so apart from the lock.
    private let subscriberCount = Atomic<Int>(0)

    init(publishing: PublishScheduler) {
        self.publishing = publishing
    }

    var isWatched: Bool { subscriberCount.load(ordering: .relaxed) > 0 }

    // MARK: Readers

    /// Wakes someone after every change from now on, until ``unsubscribe(_:)``; takes constant time.
    ///
    /// - Parameters:
    ///   - waker: Who is woken.
    ///   - source: Where the first subscriber's readings find the operations that are there already.
    /// - Returns: What to hand back to end the subscription.
    func subscribe(_ waker: any ProgressWaker, source: any ChangeLogSource) -> ProgressSubscription {
        state.withLock { state in
            state.nextSubscription += 1
            set(waker, state.nextSubscription, in: &state, source)
            return ProgressSubscription(number: state.nextSubscription)
        }
    }

    /// Wakes a stream after every change from now on, until ``remove(_:)``.
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

    /// Ends a subscription; with the last one the log is emptied.
    public func unsubscribe(_ subscription: ProgressSubscription) {
        remove { $0.wakers[subscription.number] = nil }
    }

    /// Wakes a stream no more.
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

    /// What changed after a number; 0 gives all operations that are there.
    ///
    /// Takes time and memory as the limit says, however many operations there are. Seals the newest revision of each that
    /// it gives, as ``ProgressJournal/snapshot()`` does.
    ///
    /// - Parameters:
    ///   - position: Where the reading before ended.
    ///   - query: Which operations to tell of.
    ///   - limit: How many changed operations to look at, so that a reader holds no more than that at a time.
    /// - Returns: What changed, and where to go on.
    public func read(
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
        // Snapshots are taken outside the lock: each takes its own journal's.
        let snapshots = changed.map { $0.snapshot() }.filter(query.hasScope)
        return ProgressFeedReading(
            events: removed.filter(query.hasScope).map { .removed($0.id) } + snapshots.map { .changed($0) },
            position: end,
            mustRestart: mustRestart,
            hasMore: hasMore
        )
    }

    // MARK: Operations

    /// Takes note of an operation that has changed; it does so once until ``ProgressJournal/takeChangeMark()``.
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
        // The marks go first: a change from here on marks anew, and cannot be lost.
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
    /// Whether a feed tells of an operation: its status may change, so that it is not asked for.
    func hasScope(_ snapshot: ProgressSnapshot) -> Bool {
        var scope = self
        scope.statuses = []
        return scope.matches(snapshot)
    }
}
