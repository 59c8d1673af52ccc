// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

extension ProgressJournal {
    /// Tells the sink that the operation has changed, unless the sink knows it.
    ///
    /// The sink is told under the lock, so that a caller that waits for a commit waits for the changes of all threads.
    ///
    /// - Returns: Whether the caller must wake the sink after the lock is released.
    func markDirty(_ state: inout State) -> Bool {
        guard !state.isDirty, let sink = dependencies.sink, !state.isRetired else { return false }
        state.isDirty = true
        sink.noteChange(of: self)
        return true
    }

    /// Marks the operation as changed, because its commit failed; returns whether the service still holds it.
    package func markDirtyAgain() -> Bool {
        state.withLock { state in
            state.isDirty = true
            return !state.isRetired
        }
    }

    /// Reads what the store must take; `nil` if the operation has not changed, or is no longer in the service.
    ///
    /// The call seals no tick and counts as no reading, so that watchers do not depend on the pace of the store.
    func readForStore() -> (change: StoredOperation, position: UInt64)? {
        state.withLock { readForStore(&$0) }
    }

    private func readForStore(
        _ state: inout State,
        sealingAt now: JournalState.Now? = nil
    ) -> (change: StoredOperation, position: UInt64)? {
        guard state.isDirty, !state.isRetired else { return nil }
        state.isDirty = false
        // The next thread that adds units announces them, which marks the operation again.
        state.core.count(pending.take())
        if let now { state.core.seal(now: now) }
        return state.core.stored(after: state.storedRevision)
    }

    /// Reads what other nodes must take; `nil` if the operation has not changed, or is no longer in the service.
    ///
    /// The call seals an open tick, because the other nodes show it to their watchers.
    package func readForNodes() -> (change: StoredOperation, position: UInt64)? {
        let now = dependencies.now()
        return state.withLock { readForStore(&$0, sealingAt: now) }
    }

    /// Returns everything that other nodes must know of an operation that no service holds yet, and the newest revision.
    package func wholeForNodes() -> (change: StoredOperation, position: UInt64) {
        state.withLock { $0.core.stored(after: nil) }
    }

    /// Reads as ``readForStore()`` does, and releases the revisions that were read, because no watcher reads them.
    package func takeForServer() -> StoredOperation? {
        state.withLock { state in
            guard let (change, position) = readForStore(&state) else { return nil }
            state.storedRevision = position
            state.core.log.dropRevisions(before: position)
            return change
        }
    }

    /// Notes that the store, or the other nodes, have the revisions up to one.
    package func noteStored(_ revision: UInt64) {
        state.withLock { $0.storedRevision = revision }
    }

    /// Notes that the store has no revision of the operation.
    package func forgetStored() {
        state.withLock { $0.storedRevision = nil }
    }

    /// Tells the sink to keep the whole operation again, because what was kept is lost.
    package func keepAgain() {
        let mustWake = state.withLock { state in
            (state.storedRevision, state.isDirty) = (nil, false)
            return markDirty(&state)
        }
        if mustWake { dependencies.sink?.wake() }
    }

    /// Seals the newest revision before the store is closed.
    func sealForStore() {
        let now = dependencies.now()
        state.withLock { state in
            state.core.count(pending.take())
            state.core.seal(now: now)
        }
    }

    /// Returns when everything reported so far is committed to the service's store.
    package func committed() async throws {
        guard let sink = dependencies.sink else {
            throw ProgressError(.storeUnavailable, "The service keeps its operations in memory only.")
        }
        try await sink.commit(id)
    }

    /// Returns the revision that a request with a key made, and the hash of the request.
    package func receipt(withKey key: String) -> (snapshot: ProgressSnapshot, receipt: StoredOperation.Receipt)? {
        state.withLock { state in
            guard let note = state.core.log.notes.note(withKey: key), let receipt = note.receipt,
                let snapshot = state.core.log.entry(at: note.revision)
            else { return nil }
            return (snapshot, receipt)
        }
    }
}

extension ProgressTracker {
    /// Returns when everything reported so far is committed to the service's store, and survives a crash.
    ///
    /// If the operation is on a server, the store is that of the server. While the server cannot be reached, the call waits
    /// without a limit; ``delivered(within:)`` has one, and does not wait for the store.
    ///
    /// ```swift
    /// tracker.succeed(result: ["rows": 7])
    /// try await tracker.committed()
    /// ```
    ///
    /// - Throws: ``ProgressError/Code/storeUnavailable`` if the service has no store, or if its store fails or is too
    ///   slow; the reports stay, and are committed when the store works again. `CancellationError` if the task is
    ///   cancelled. On ``noop`` the call returns immediately.
    public func committed() async throws {
        try await journal?.committed()
    }
}

extension ProgressError {
    static func storeUnavailable(_ store: any ProgressStore, _ reason: String) -> ProgressError {
        ProgressError(
            .storeUnavailable,
            "The store (\(store)) has not committed the report: \(reason). The report is kept in memory, and is stored later."
        )
    }
}
