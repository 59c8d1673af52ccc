// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import FoundationEssentials

/// The place to which a journal's changes go: a store, or a server.
///
/// The worker and the watchers never wait for a sink. A store reads a journal with
/// `readForStore()`, a server with ``ProgressJournal/takeForServer()``.
package protocol JournalSink: AnyObject, Sendable {
    /// Notes that an operation has changed.
    ///
    /// The journal calls this under its lock, so the sink must not call the journal from here. It calls this once until
    /// the sink has read the journal.
    func noteChange(of journal: ProgressJournal)

    /// Begins to work on what was noted; the journal calls this after ``noteChange(of:)``, without its lock.
    func wake()

    /// Returns when everything that was noted before the call is durable.
    ///
    /// - Throws: The reason why it is not durable; `CancellationError` if the task is cancelled.
    func commit() async throws

    /// Returns when everything that was noted of one operation before the call is durable; throws as ``commit()`` does.
    func commit(_ id: ProgressID) async throws

    /// Returns whether everything that was noted before the call has arrived by a time; `nil` is no limit.
    ///
    /// - Throws: The reason why it cannot arrive; `CancellationError` if the task is cancelled.
    func deliver(within limit: Duration?) async throws -> Bool
}

/// What keeps the operations of a service beyond its process: the writer of a store, or of a node.
package protocol OperationKeeper: JournalSink {
    /// The condition of the place where the operations are kept.
    var status: ProgressStoreStatus { get }

    /// Returns why a durable change of an operation cannot be made now; `nil` if nothing is known to prevent it.
    func failure(of id: ProgressID?) -> String?

    /// Notes that an operation was removed.
    func noteRemoval(of journal: ProgressJournal, tombstoneUntil date: Date)

    /// Notes that the time of a tombstone has passed.
    func noteForgotten(_ id: ProgressID)

    /// Commits everything; later changes are not kept.
    func close() async
}

extension OperationKeeper {
    /// A store that fails does so for all operations.
    package func failure(of id: ProgressID?) -> String? { status.failure }
}

extension JournalSink {
    /// A sink that works in intervals needs no call.
    package func wake() {}

    /// Most sinks make all operations durable together.
    package func commit(_ id: ProgressID) async throws { try await commit() }

    /// A sink that is not a server has nothing to deliver to.
    package func deliver(within limit: Duration?) async throws -> Bool { true }
}

extension ProgressTracker {
    /// Creates the tracker of an operation that is in no service of this process.
    ///
    /// - Parameters:
    ///   - snapshot: The operation as it is now; the journal has an epoch of its own.
    ///   - capacity: The number of revisions that may wait for the sink.
    ///   - clock: The clock of the journal.
    ///   - sink: The place to which all changes go.
    ///   - host: The server of the operation.
    package convenience init(
        of snapshot: ProgressSnapshot,
        capacity: Int,
        clock: ProgressClock,
        sink: any JournalSink,
        host: any OperationHost
    ) {
        let dependencies = JournalDependencies(clock: clock, sink: sink, host: host)
        let core = JournalState(continuing: snapshot, capacity: capacity, now: clock.now())
        self.init(journal: ProgressJournal(core, dependencies: dependencies), ownsOperation: true)
    }

    /// Returns when the server has everything reported so far; returns immediately if there is no server.
    ///
    /// Call this before the process exits. ``committed()`` also waits until it is durable there.
    ///
    /// ```swift
    /// tracker.succeed()
    /// try await tracker.delivered(within: .seconds(5))
    /// ```
    ///
    /// - Parameter limit: The longest time to wait; `nil` is no limit.
    /// - Returns: Whether everything has arrived in time.
    /// - Throws: The error with which the server has refused a report since the last call, or refuses all further
    ///   reports; `CancellationError` if the task is cancelled.
    @discardableResult
    public func delivered(within limit: Duration? = nil) async throws -> Bool {
        try await journal?.dependencies.sink?.deliver(within: limit) ?? true
    }
}

extension ProgressSnapshot {
    /// Returns the first snapshot of a journal that continues this operation, with an epoch of its own.
    ///
    /// - Parameters:
    ///   - epoch: The epoch of the journal.
    ///   - report: A first report, which is ignored if it breaks a rule.
    ///   - clock: The clock of the journal.
    /// - Returns: The snapshot, with the effect of the report.
    package func continued(
        inEpoch epoch: String,
        with report: ProgressReport? = nil,
        clock: ProgressClock
    ) -> ProgressSnapshot {
        let first = ProgressSnapshot(
            id: id,
            cursor: ProgressCursor(epoch: epoch, revision: 0),
            attempt: attempt,
            status: status,
            state: state,
            details: details,
            title: title,
            counts: counts,
            parent: parent,
            labels: labels,
            isCancellable: isCancellable,
            createdAt: createdAt,
            updatedAt: updatedAt
        )
        guard let report else { return first }
        let now = clock.read()
        var core = JournalState(continuing: first, capacity: 1, now: now.monotonic)
        try? core.apply(report, now: now)
        return core.log.newest
    }
}

extension ProgressJournal {
    /// Notes that the operation's server has accepted a request to cancel; has no effect after the end.
    package func noteCancelRequest() {
        guard !cancelRequested.hasFired else { return }
        let noted: Void? = try? write { core, now throws(ProgressError) in
            try core.requestCancel(isAccepted: true, now: now)
        }
        if noted != nil { cancelRequested.fire() }
    }
}

extension JournalState {
    /// Continues an operation whose earlier revisions are elsewhere.
    fileprivate init(continuing snapshot: ProgressSnapshot, capacity: Int, now: Duration) {
        self.init(first: snapshot, capacity: capacity, lease: nil)
        guard let counts = snapshot.counts else { return }
        let stored = StoredOperation.Counts(
            completedCount: counts.completedCount,
            totalCount: counts.totalCount,
            unit: counts.unit,
            fractionCompleted: counts.totalCount == nil ? counts.fractionCompleted : nil
        )
        counting = JournalCounting(restoring: stored, now: now)
    }
}

extension JournalDependencies {
    /// The parts for one operation that is in no service.
    fileprivate init(clock: ProgressClock, sink: any JournalSink, host: any OperationHost) {
        let publishing = PublishScheduler(interval: .milliseconds(33), clock: clock)
        self.init(
            clock: clock,
            // Nothing removes the operation; it ends with its last reference.
            retention: .seconds(ProgressReport.maximumLease.components.seconds),
            publishing: publishing,
            changes: ProgressChangeLog(publishing: publishing),
            deadlines: DeadlineScheduler(clock: clock),
            history: HistoryBudget(total: .max, perOperation: .max),
            sink: sink,
            host: HostBox(host)
        )
    }
}
