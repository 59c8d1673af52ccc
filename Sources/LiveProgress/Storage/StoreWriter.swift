// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import Synchronization

/// The writer of a service's store: it commits the operations that have changed, in cycles.
///
/// A cycle commits everything that had changed when the cycle began. It begins after an interval, or immediately if a
/// caller waits for a commit; so callers that wait at the same time share one commit. While nothing changes, no task
/// runs. If a commit fails, the writer tries again, and the changes stay in the journals, whose memory is bounded.
final class StoreWriter: OperationKeeper {
    private struct State {
        /// The operations that may have changed since their last commit.
        var dirty: [ProgressJournal] = []
        var removals: [ProgressStoreBatch.Removal] = []
        var forgottenTombstones: [ProgressID] = []
        /// Whether a task runs; it runs from the first change until everything is committed.
        var isRunning = false
        var begunCycles: UInt64 = 0
        var committedCycles: UInt64 = 0
        var status: ProgressStoreStatus
        var isClosed = false
        weak var source: (any StoreSource)?

        var hasWork: Bool { !dirty.isEmpty || !removals.isEmpty || !forgottenTombstones.isEmpty }
    }

    /// The largest number of operations in one commit.
    private static let batchSize = 512
    /// The pause after a failed commit; each further failure doubles it, up to the longest pause.
    private static let firstPause = Duration.milliseconds(100)
    private static let longestPause = Duration.seconds(5)

    private let store: any ProgressStore
    private let clock: ProgressClock
    private let interval: Duration
    private let timeout: Duration
    private let onStatus: @Sendable (ProgressStoreStatus) -> Void
    private let state: Mutex<State>
    /// The signal that a caller waits for a commit.
    private let urgent = WakeSignal()
    /// The callers that wait for a commit.
    private let waiters = WakeGroup()

    init(_ store: any ProgressStore, _ configuration: ProgressService.Configuration) {
        self.store = store
        clock = configuration.clock
        interval = configuration.commitInterval
        timeout = configuration.commitTimeout
        onStatus = configuration.onStoreStatus
        state = Mutex(State(status: ProgressStoreStatus(store: store.description)))
    }

    /// Sets the source of everything, held weakly.
    func attach(_ source: any StoreSource) {
        state.withLock { $0.source = source }
    }

    package var status: ProgressStoreStatus {
        state.withLock { state in
            var status = state.status
            status.waitingOperations = state.dirty.count + state.removals.count
            return status
        }
    }

    // MARK: Changes

    /// Notes that an operation has changed; the journal calls this once until the writer reads it.
    package func noteChange(of journal: ProgressJournal) {
        note { $0.dirty.append(journal) }
    }

    /// Notes that an operation was removed.
    package func noteRemoval(of journal: ProgressJournal, tombstoneUntil date: Date) {
        let removal = ProgressStoreBatch.Removal(id: journal.id, epoch: journal.epoch, tombstoneUntil: date)
        note { $0.removals.append(removal) }
    }

    /// Notes that the time of a tombstone has passed.
    package func noteForgotten(_ id: ProgressID) {
        note { $0.forgottenTombstones.append(id) }
    }

    private func note(_ change: (inout State) -> Void) {
        let mustStart = state.withLock { state in
            guard !state.isClosed else { return false }
            change(&state)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if mustStart { Task.detached { await self.run() } }
    }

    // MARK: Waiting

    /// Returns when everything that was noted before the call is committed.
    ///
    /// - Throws: ``ProgressError/Code/storeUnavailable`` if the store fails, or takes longer than the configured time;
    ///   `CancellationError` if the task is cancelled.
    package func commit() async throws {
        let cycle = state.withLock { $0.hasWork ? $0.begunCycles + 1 : $0.begunCycles }
        urgent.wake()
        let outcome = try await waiters.wait {
            state.withLock { state -> Result<Void, ProgressError>? in
                if state.committedCycles >= cycle { return .success(()) }
                return state.status.failure.map { .failure(.storeUnavailable(self.store, $0)) }
            }
        }
        try outcome?.get()
    }

    /// Commits everything, and closes the store; later changes are not stored.
    package func close() async {
        // Nothing is noted from now on, so no commit follows the last one.
        let dirty = state.withLock { state in
            state.isClosed = true
            return state.dirty
        }
        for journal in dirty { journal.sealForStore() }
        guard (try? await commit()) != nil else { return }
        do { try await store.close() } catch { fail(error) }
    }

    // MARK: Cycles

    private struct Cycle {
        var journals: [ProgressJournal]
        var removals: [ProgressStoreBatch.Removal]
        var forgottenTombstones: [ProgressID] = []
    }

    private func run() async {
        var pause: Duration?
        while true {
            if let pause {
                // A caller that begins to wait does not shorten the pause after a failure.
                try? await clock.sleep(clock.now() + pause)
            } else {
                _ = await urgent.wait(until: clock.now() + interval, on: clock)
            }
            guard let cycle = beginCycle() else { return }
            let watchdog = watchdog()
            var failure: (any Error)?
            do { try await commit(cycle) } catch { failure = error }
            watchdog.cancel()
            if let failure {
                putBack(cycle)
                if (failure as? ProgressStoreError)?.hasLostContents == true { putBackEverything() }
                fail(failure)
                pause = min(pause.map { $0 * 2 } ?? Self.firstPause, Self.longestPause)
            } else {
                succeed()
                pause = nil
            }
        }
    }

    /// Starts a task that counts a commit as failed if it takes too long, until it is complete.
    private func watchdog() -> Task<Void, Never> {
        let deadline = clock.now() + timeout
        let cycle = state.withLock(\.begunCycles)
        return Task { [clock, timeout] in
            guard (try? await clock.sleep(deadline)) != nil else { return }
            fail(ProgressStoreError("A commit takes longer than \(timeout.components.seconds) s."), unless: cycle)
        }
    }

    /// Takes everything that has changed; returns `nil`, and ends the task, if nothing has.
    private func beginCycle() -> Cycle? {
        state.withLock { state in
            guard state.hasWork else {
                state.isRunning = false
                return nil
            }
            state.begunCycles += 1
            defer { (state.dirty, state.removals, state.forgottenTombstones) = ([], [], []) }
            return Cycle(
                journals: state.dirty,
                removals: state.removals,
                forgottenTombstones: state.forgottenTombstones
            )
        }
    }

    private func commit(_ cycle: Cycle) async throws {
        var batch = ProgressStoreBatch(forgottenTombstones: cycle.forgottenTombstones)
        var removals = cycle.removals[...]
        var rest = cycle.journals[...]
        repeat {
            batch.removals = Array(removals.prefix(Self.batchSize))
            removals = removals.dropFirst(Self.batchSize)
            let journals = rest.prefix(Self.batchSize)
            rest = rest.dropFirst(Self.batchSize)
            let readings = journals.compactMap { journal in journal.readForStore().map { (journal, $0) } }
            batch.changes = readings.map(\.1.change)
            if !batch.isEmpty { try await store.commit(batch) }
            for (journal, reading) in readings { journal.noteStored(reading.position) }
            batch = ProgressStoreBatch()
        } while !rest.isEmpty || !removals.isEmpty
    }

    private func putBack(_ cycle: Cycle) {
        let journals = cycle.journals.filter { $0.markDirtyAgain() }
        state.withLock { state in
            state.dirty += journals
            state.removals = cycle.removals + state.removals
            state.forgottenTombstones = cycle.forgottenTombstones + state.forgottenTombstones
        }
    }

    /// Commits everything again, because the store is empty.
    private func putBackEverything() {
        guard let source = state.withLock({ $0.source }) else { return }
        let everything = source.everythingToStore()
        for journal in everything.journals { journal.forgetStored() }
        putBack(Cycle(journals: everything.journals, removals: everything.removals))
    }

    private func succeed() {
        let recovered = state.withLock { state -> ProgressStoreStatus? in
            state.committedCycles = state.begunCycles
            state.status.commitCount += 1
            guard state.status.failure != nil else { return nil }
            (state.status.failure, state.status.failingSince) = (nil, nil)
            return state.status
        }
        waiters.wake()
        if let recovered { onStatus(recovered) }
    }

    /// Notes a failure, unless a cycle has been committed meanwhile.
    private func fail(_ error: any Error, unless cycle: UInt64 = .max) {
        let date = clock.date()
        var reason = String(describing: error)
        // The reason becomes a part of other sentences.
        if reason.hasSuffix(".") { reason.removeLast() }
        let (status, isNew) = state.withLock { state in
            guard state.committedCycles < cycle else { return (state.status, false) }
            let isNew = state.status.failure == nil
            if isNew { state.status.failingSince = date }
            state.status.failure = reason
            state.status.failureCount += 1
            return (state.status, isNew)
        }
        waiters.wake()
        if isNew { onStatus(status) }
    }
}
