// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import Synchronization

/// Holds operations: creates, finds, lists, streams and deletes them.
///
/// ```swift
/// let service = ProgressService()
/// let tracker = try service.createProgress(options: .init(title: "Import"))
/// for try await snapshot in try service.stream(tracker.id) { print(snapshot.state) }
/// ```
///
/// A service needs no running loop: it works from its first call, and a timer exists only while something is due.
public final class ProgressService: Sendable {
    struct State {
        var journals: [ProgressID: ProgressJournal] = [:]
        /// The operations in the order of their creation.
        var order = NumberedKeys<ProgressID>()
        /// When it may be forgotten that an operation was there.
        var tombstones: [ProgressID: Duration] = [:]
        var tombstoneOrder = NumberedKeys<ProgressID>()
    }

    /// What the service was configured with.
    public let configuration: Configuration
    /// Which operations changed last.
    public let changes: ProgressChangeLog
    let dependencies: JournalDependencies
    let state = Mutex(State())

    /// A service without operations.
    public init(configuration: Configuration = .init()) {
        self.configuration = configuration
        let publishing = PublishScheduler(interval: configuration.publishInterval, clock: configuration.clock)
        let changes = ProgressChangeLog(publishing: publishing)
        self.changes = changes
        dependencies = JournalDependencies(
            clock: configuration.clock,
            retention: configuration.retention,
            publishing: publishing,
            changes: changes,
            deadlines: DeadlineScheduler(clock: configuration.clock),
            history: HistoryBudget(
                total: configuration.maximumHistoryBytes,
                perOperation: configuration.maximumHistoryBytesPerOperation
            )
        )
        dependencies.deadlines.attach(self)
    }

    // MARK: Finding

    /// The tracker of an operation: the worker's own, where it is in this process and not released.
    ///
    /// - Throws: ``ProgressError``: unknown, or gone.
    public func getProgress(_ id: ProgressID) throws(ProgressError) -> ProgressTracker {
        let journal = try getJournal(id)
        return journal.state.withLock { $0.tracker } ?? ProgressTracker(journal: journal, ownsOperation: false)
    }

    /// The journal of an operation.
    ///
    /// - Throws: ``ProgressError``: unknown, or gone.
    public func getJournal(_ id: ProgressID) throws(ProgressError) -> ProgressJournal {
        try dropIfExpired(id)
        let now = configuration.clock.now()
        return try state.withLock { state throws(ProgressError) in
            if let journal = state.journals[id] { return journal }
            if let forgettable = state.tombstones[id], forgettable > now { throw ProgressError.gone(id) }
            throw ProgressError.unknown(id)
        }
    }

    /// The snapshots of an operation, the current one first, then every revision up to the end.
    ///
    /// - Parameters:
    ///   - id: The operation.
    ///   - cursor: Where the watcher was; by default it begins with the newest snapshot.
    /// - Returns: A sequence; each iterator of it is one watcher.
    /// - Throws: ``ProgressError``: unknown, or gone.
    public func stream(_ id: ProgressID, from cursor: ProgressCursor? = nil) throws(ProgressError) -> ProgressStream {
        ProgressStream(events: try getJournal(id).events(from: cursor))
    }

    /// How many operations the service holds.
    public var operationCount: Int {
        state.withLock { $0.journals.count }
    }

    /// How many bytes of the reports of remote workers the service keeps.
    public var historyBytes: Int { dependencies.history.usedBytes }

    // MARK: Removing

    /// Forgets an operation and disconnects its watchers; it does not cancel the work.
    ///
    /// - Throws: ``ProgressError``: unknown, or gone.
    public func deleteProgress(_ id: ProgressID) throws(ProgressError) {
        _ = try getJournal(id)
        remove(id, .deleted)
    }

    private func remove(_ id: ProgressID, _ reason: ProgressRemoval) {
        let forgettable = configuration.clock.now() + configuration.tombstoneRetention
        let journal = state.withLock { state -> ProgressJournal? in
            guard let journal = state.journals.removeValue(forKey: id) else { return nil }
            state.order.remove(id)
            state.tombstones[id] = forgettable
            state.tombstoneOrder.put(id)
            if state.tombstones.count > configuration.maximumOperations {
                if let oldest = state.tombstoneOrder.removeOldest() { state.tombstones[oldest.key] = nil }
            }
            return journal
        }
        guard let journal else { return }
        dependencies.deadlines.schedule(id, at: forgettable)
        journal.remove(reason)
        changes.noteRemoval(of: journal)
    }

    /// The timer may be late; whoever asks never sees what is past its retention.
    func dropIfExpired(_ id: ProgressID) throws(ProgressError) {
        let journal = state.withLock { $0.journals[id] }
        if let journal, journal.checkTime() { remove(id, .expired) }
    }
}

extension ProgressService: DeadlineHandler {
    /// Whether a deadline is the one that was noted last: no earlier one since, and of no operation that was there before.
    func isCurrent(_ entry: DeadlineScheduler.Entry) -> Bool {
        let (forgettable, journal) = state.withLock { ($0.tombstones[entry.id], $0.journals[entry.id]) }
        return entry.deadline == journal?.scheduledDeadline ?? forgettable
    }

    /// Does what is due for an operation: lease, retention, or the forgetting of its tombstone.
    func deadlineReached(_ id: ProgressID) {
        let now = configuration.clock.now()
        let journal = state.withLock { state -> ProgressJournal? in
            if let forgettable = state.tombstones[id], forgettable <= now {
                state.tombstones[id] = nil
                state.tombstoneOrder.remove(id)
            }
            return state.journals[id]
        }
        if let journal, journal.deadlineReached() { remove(id, .expired) }
    }
}
