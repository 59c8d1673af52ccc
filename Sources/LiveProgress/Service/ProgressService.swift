// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import Synchronization

/// The operations of a program: the service creates, finds, lists, streams and deletes them.
///
/// ```swift
/// let service = ProgressService()
/// let tracker = try service.createProgress(options: .init(title: "Import"))
/// for try await snapshot in try service.stream(tracker.id) { print(snapshot.state) }
/// ```
///
/// A service needs no run loop: it works from its first call, and a timer exists only while a deadline is pending.
public final class ProgressService: Sendable {
    struct State {
        var journals: [ProgressID: ProgressJournal] = [:]
        /// The operations in the order of their creation.
        var order = NumberedKeys<ProgressID>()
        /// The times at which the tombstones of removed operations are dropped.
        var tombstones: [ProgressID: Duration] = [:]
        var tombstoneOrder = NumberedKeys<ProgressID>()
    }

    /// The configuration of the service.
    public let configuration: Configuration
    /// The log of the operations that changed last.
    package let changes: ProgressChangeLog
    let dependencies: JournalDependencies
    /// The parts for copies of other nodes' operations: nothing is kept, listed or counted.
    let dependenciesOfCopies: JournalDependencies
    /// What keeps the operations beyond the process; `nil` if they stay in memory.
    let keeper: (any OperationKeeper)?
    let state = Mutex(State())

    /// Creates a service without operations, and without a store: its operations end with the process.
    public convenience init(configuration: Configuration = .init()) {
        self.init(configuration: configuration, keeper: nil)
    }

    /// Creates a service whose operations something keeps beyond the process.
    package init(configuration: Configuration, keeper: (any OperationKeeper)?) {
        self.configuration = configuration
        let publishing = PublishScheduler(interval: configuration.publishInterval, clock: configuration.clock)
        let changes = ProgressChangeLog(publishing: publishing)
        self.changes = changes
        self.keeper = keeper
        dependencies = JournalDependencies(
            clock: configuration.clock,
            retention: configuration.retention,
            publishing: publishing,
            changes: changes,
            deadlines: DeadlineScheduler(clock: configuration.clock),
            history: HistoryBudget(
                total: configuration.maximumHistoryBytes,
                perOperation: configuration.maximumHistoryBytesPerOperation
            ),
            sink: keeper,
            host: HostBox()
        )
        dependenciesOfCopies = JournalDependencies(
            clock: configuration.clock,
            retention: configuration.retention,
            publishing: publishing,
            changes: ProgressChangeLog(publishing: publishing),
            deadlines: DeadlineScheduler(clock: configuration.clock),
            history: HistoryBudget(total: .max, perOperation: .max),
            sink: nil,
            host: HostBox(),
            elsewhere: ElsewhereBox()
        )
        dependencies.deadlines.attach(self)
    }

    // MARK: Finding

    /// Returns an operation's tracker: the worker's own if it exists in this process, otherwise a new one.
    ///
    /// - Throws: ``ProgressError`` if the operation is unknown or gone.
    public func getProgress(_ id: ProgressID) throws(ProgressError) -> ProgressTracker {
        let journal = try getJournal(id)
        return journal.state.withLock { $0.tracker } ?? ProgressTracker(journal: journal, ownsOperation: false)
    }

    /// Returns the journal of an operation.
    ///
    /// - Throws: ``ProgressError`` if the operation is unknown or gone.
    package func getJournal(_ id: ProgressID) throws(ProgressError) -> ProgressJournal {
        try dropIfExpired(id)
        let now = configuration.clock.now()
        return try state.withLock { state throws(ProgressError) in
            if let journal = state.journals[id] { return journal }
            if let forgettable = state.tombstones[id], forgettable > now { throw ProgressError.gone(id) }
            throw ProgressError.unknown(id)
        }
    }

    /// Returns the snapshots of an operation: the current one first, then every later revision up to the end.
    ///
    /// - Parameters:
    ///   - id: The operation.
    ///   - cursor: The cursor to resume from; by default the stream begins with the newest snapshot.
    /// - Returns: A sequence; each of its iterators is one watcher.
    /// - Throws: ``ProgressError`` if the operation is unknown or gone.
    public func stream(
        _ id: ProgressID,
        from cursor: ProgressCursor? = nil
    ) throws(ProgressError) -> some AsyncSequence<ProgressSnapshot, ProgressError> & Sendable {
        ProgressStream(events: try events(of: id, from: cursor))
    }

    /// Returns the events of an operation: its snapshots, with the number of skipped revisions and how they resume.
    ///
    /// The parameters and errors are those of ``stream(_:from:)``.
    public func events(of id: ProgressID, from cursor: ProgressCursor? = nil) throws(ProgressError) -> ProgressEvents {
        try getJournal(id).events(from: cursor)
    }

    /// The number of operations in the service.
    public var operationCount: Int {
        state.withLock { $0.journals.count }
    }

    /// The number of bytes that the service keeps of reports from remote workers.
    public var historyBytes: Int { dependencies.history.usedBytes }

    // MARK: Removing

    /// Deletes an operation and disconnects its watchers; does not cancel the work.
    ///
    /// - Throws: ``ProgressError`` if the operation is unknown or gone.
    public func deleteProgress(_ id: ProgressID) throws(ProgressError) {
        _ = try getJournal(id)
        remove(id, .deleted)
    }

    private func remove(_ id: ProgressID, _ reason: ProgressRemoval) {
        let forgettable = configuration.clock.now() + configuration.tombstoneRetention
        let (journal, forgotten) = state.withLock { state -> (ProgressJournal?, ProgressID?) in
            guard let journal = state.journals.removeValue(forKey: id) else { return (nil, nil) }
            state.order.remove(id)
            state.tombstones[id] = forgettable
            state.tombstoneOrder.put(id)
            guard state.tombstones.count > configuration.maximumOperations,
                let oldest = state.tombstoneOrder.removeOldest()
            else { return (journal, nil) }
            state.tombstones[oldest.key] = nil
            return (journal, oldest.key)
        }
        if let forgotten { keeper?.noteForgotten(forgotten) }
        guard let journal else { return }
        dependencies.deadlines.schedule(id, at: forgettable)
        journal.remove(reason)
        keeper?.noteRemoval(
            of: journal,
            tombstoneUntil: configuration.clock.date() + configuration.tombstoneRetention.inSeconds
        )
        changes.noteRemoval(of: journal)
    }

    /// Removes an operation whose retention is over, because the timer may be late.
    func dropIfExpired(_ id: ProgressID) throws(ProgressError) {
        let journal = state.withLock { $0.journals[id] }
        if let journal, !dependencies.deadlines.isHeld, journal.checkTime() { remove(id, .expired) }
    }
}

extension ProgressService: DeadlineHandler {
    /// Returns whether an entry is the deadline that was scheduled last for its operation.
    ///
    /// An entry is outdated if an earlier deadline was scheduled after it, or if it belongs to a former operation of
    /// the same identifier.
    func isCurrent(_ entry: DeadlineScheduler.Entry) -> Bool {
        let (forgettable, journal) = state.withLock { ($0.tombstones[entry.id], $0.journals[entry.id]) }
        return entry.deadline == journal?.scheduledDeadline ?? forgettable
    }

    /// Handles a deadline of an operation: of its lease, its retention, or its tombstone.
    func deadlineReached(_ id: ProgressID) {
        let now = configuration.clock.now()
        let (journal, isForgotten) = state.withLock { state in
            let isForgotten = state.tombstones[id].map { $0 <= now } ?? false
            if isForgotten {
                state.tombstones[id] = nil
                state.tombstoneOrder.remove(id)
            }
            return (state.journals[id], isForgotten)
        }
        if isForgotten { keeper?.noteForgotten(id) }
        if let journal, journal.deadlineReached() { remove(id, .expired) }
    }
}
