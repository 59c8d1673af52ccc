// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import Synchronization

extension ProgressService {
    /// Creates a service with the operations of a store, and stores all later changes there.
    ///
    /// Reporting never waits for the store; ``ProgressTracker/committed()`` waits. After a restart, watchers resume with
    /// their cursors. An unfinished operation is stalled until its worker reports, or until the grace period is over.
    ///
    /// ```swift
    /// let service = try await ProgressService(store: SQLiteStore(path: "progress.sqlite"))
    /// ```
    ///
    /// - Parameters:
    ///   - configuration: The settings and limits of the service.
    ///   - store: The store; no other service uses it until ``close()``.
    /// - Throws: ``ProgressStoreError``, or another error of the store, if the store cannot be opened.
    public convenience init(configuration: Configuration = .init(), store: any ProgressStore) async throws {
        let contents = try await store.load()
        let writer = StoreWriter(store, configuration)
        self.init(configuration: configuration, keeper: writer)
        writer.attach(self)
        restore(contents)
    }

    /// Commits everything to the store, and closes the store; without a store, this has no effect.
    ///
    /// Call this at the end of the program, after the last report: later reports are not stored.
    public func close() async {
        await keeper?.close()
    }

    /// The condition of the store; `nil` if the service has none.
    public var storeStatus: ProgressStoreStatus? { keeper?.status }

    /// Returns why a durable change of an operation cannot be made now; `nil` if nothing is known to prevent it.
    package func storeFailure(of id: ProgressID?) -> String? { keeper?.failure(of: id) }

    /// Returns when everything noted so far of one operation, or of all, is committed, such as a removal.
    package func committed(_ id: ProgressID? = nil) async throws {
        if let id { try await keeper?.commit(id) } else { try await keeper?.commit() }
    }

    /// Continues an operation whose worker was in a process that has ended.
    ///
    /// The caller becomes the worker: if the tracker is released without an end, the operation fails as abandoned.
    ///
    /// - Throws: ``ProgressError`` if the operation is unknown or gone, or has ended.
    public func resumeProgress(_ id: ProgressID) throws(ProgressError) -> ProgressTracker {
        let journal = try getJournal(id)
        try journal.report(ProgressReport())
        let tracker = ProgressTracker(journal: journal, ownsOperation: true)
        journal.state.withLock { $0.tracker = tracker }
        return tracker
    }

    /// The requests that created the restored operations, for the repeats of these requests.
    package var creationReceipts: [(receipt: StoredOperation.Receipt, snapshot: ProgressSnapshot)] {
        let journals = state.withLock { Array($0.journals.values) }
        return journals.compactMap(\.creationReceipt)
    }

    private func restore(_ contents: ProgressStoreContents) {
        let now = dependencies.now()
        let journals = contents.operations.map { restored($0, wasClosed: contents.wasClosed) }
        state.withLock { state in
            for journal in journals {
                state.journals[journal.id] = journal
                state.order.put(journal.id)
            }
        }
        for (journal, stored) in zip(journals, contents.operations) { journal.beginAfterRestart(stored) }
        restoreTombstones(contents.tombstones, now: now)
    }

    /// Creates the journal of a stored operation, which the service does not hold yet.
    package func restored(_ stored: StoredOperation, wasClosed: Bool) -> ProgressJournal {
        let times = RestoredTimes(
            grace: configuration.leaseGrace,
            localGrace: configuration.localGrace,
            retention: configuration.retention
        )
        let core = JournalState(
            restoring: stored,
            wasClosed: wasClosed,
            capacity: configuration.journalCapacity,
            times: times,
            now: dependencies.now()
        )
        return ProgressJournal(core, dependencies: dependencies)
    }

    private func restoreTombstones(_ tombstones: [ProgressID: Date], now: JournalState.Now) {
        for (id, date) in tombstones.sorted(by: { $0.value < $1.value }) {
            // A calendar that is wrong must not keep a tombstone for longer than usual.
            let rest = min(.seconds(date.timeIntervalSince(now.date)), configuration.tombstoneRetention)
            guard rest > .zero else {
                keeper?.noteForgotten(id)
                continue
            }
            state.withLock { state in
                state.tombstones[id] = now.monotonic + rest
                state.tombstoneOrder.put(id)
            }
            dependencies.deadlines.schedule(id, at: now.monotonic + rest)
        }
    }
}

/// The source of everything that a store has to keep.
protocol StoreSource: AnyObject, Sendable {
    func everythingToStore() -> (journals: [ProgressJournal], removals: [ProgressStoreBatch.Removal])
}

extension ProgressService: StoreSource {
    func everythingToStore() -> (journals: [ProgressJournal], removals: [ProgressStoreBatch.Removal]) {
        let now = dependencies.now()
        return state.withLock { state in
            let journals = state.order.entries(after: 0).compactMap { state.journals[$0.key] }
            // No operation has an empty epoch, so these removals only leave the tombstones.
            let removals = state.tombstones.map { id, forgettable in
                let date = now.date + (forgettable - now.monotonic).inSeconds
                return ProgressStoreBatch.Removal(id: id, epoch: "", tombstoneUntil: date)
            }
            return (journals, removals)
        }
    }
}

extension ProgressJournal {
    /// Counts the history of an operation that the service now holds.
    func countHistory() {
        state.withLock { state in
            if !state.isRetired { dependencies.history.change(by: state.core.log.notes.totalBytes) }
        }
    }

    /// Begins the life of a restored operation.
    fileprivate func beginAfterRestart(_ stored: StoredOperation) {
        begin(storedUpTo: stored.isTickOpen ? stored.newest.revision - 1 : stored.newest.revision)
        if stored.newest.outcome == nil { announce() } else { scheduleDeadline() }
    }

    /// Begins the life of an operation whose revisions up to one are stored.
    func begin(storedUpTo position: UInt64) {
        let isCancelling = state.withLock { state in
            state.storedRevision = position
            return state.core.log.status == .cancelling
        }
        countHistory()
        if isCancelling { cancelRequested.fire() }
    }

    /// The request that created the operation, while the operation has its first revision.
    package var creationReceipt: (receipt: StoredOperation.Receipt, snapshot: ProgressSnapshot)? {
        state.withLock { state in
            guard let receipt = state.core.log.notes.note(of: 0)?.receipt else { return nil }
            return (receipt, state.core.log.newest)
        }
    }
}
