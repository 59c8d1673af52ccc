// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import FoundationEssentials
package import LiveProgress
import Synchronization

/// The writer of a node: it writes the operations of the node to the backplane.
///
/// Each operation is written by a task of its own, which runs from the first change until everything is written: at once, and
/// then at most once in each interval, unless a caller waits. Reporting never waits for it.
package final class NodeWriter: OperationKeeper {
    /// The settings of a writer.
    package struct Settings: Sendable {
        /// The name of the node.
        package var node: String
        /// The shortest time between two records of an operation for which no caller waits.
        package var interval = Duration.milliseconds(20)
        /// The time after which a caller that waits receives an error.
        package var timeout = Duration.seconds(10)
        /// The pause after a failed write; each further failure doubles it, up to 32 times this.
        package var pause = Duration.milliseconds(100)
        /// The time that the record of an ended operation is kept.
        package var retention: Duration
        package var clock: ProgressClock

        /// Creates the settings of a node's writer.
        package init(node: String, configuration: ProgressService.Configuration) {
            self.node = node
            retention = configuration.retention
            clock = configuration.clock
        }
    }

    private struct State {
        var ledger = WriteLedger()
        var status: ProgressStoreStatus
        var isClosed = false
    }

    private let backplane: any ProgressBackplane
    private let settings: Settings
    /// Receives an operation that another node has now, and that node's record.
    private let lost: @Sendable (ProgressJournal, BackplaneRecord?) -> Void
    private let state: Mutex<State>
    private let waiters = WakeGroup()
    private let urgent = WakeGroup()

    /// Creates a writer.
    ///
    /// - Parameters:
    ///   - backplane: The backplane, which the node has joined.
    ///   - settings: The name of the node, and times.
    ///   - lost: Receives an operation that another node has now, and the newest record.
    package init(
        _ backplane: any ProgressBackplane,
        _ settings: Settings,
        lost: @escaping @Sendable (ProgressJournal, BackplaneRecord?) -> Void
    ) {
        self.backplane = backplane
        self.settings = settings
        self.lost = lost
        state = Mutex(State(status: ProgressStoreStatus(store: backplane.description)))
    }

    /// Begins to write an operation that the node has taken over.
    package func add(_ journal: ProgressJournal, at sequence: UInt64) {
        state.withLock { $0.ledger.add(journal, at: sequence) }
    }

    /// The condition of the backplane, as the last write found it.
    package var status: ProgressStoreStatus {
        state.withLock { state in
            var status = state.status
            status.waitingOperations = state.ledger.waitingCount
            return status
        }
    }

    // MARK: Changes

    /// Notes that an operation has changed.
    package func noteChange(of journal: ProgressJournal) {
        start(journal.id, if: state.withLock { !$0.isClosed && $0.ledger.note(journal) })
    }

    /// Notes that an operation was removed.
    package func noteRemoval(of journal: ProgressJournal, tombstoneUntil date: Date) {
        start(journal.id, if: state.withLock { !$0.isClosed && $0.ledger.note(journal, tombstoneUntil: date) })
    }

    /// A record of a removal is forgotten by its lifetime.
    package func noteForgotten(_ id: ProgressID) {}

    private func start(_ id: ProgressID, if mustStart: Bool) {
        if mustStart { Task.detached { await self.write(id) } }
    }

    // MARK: Writing

    private func write(_ id: ProgressID) async {
        var failures = 0
        while let entry = state.withLock({ $0.ledger.entry(id) }) {
            do throws(BackplaneError) {
                let sequence = try await write(entry)
                let hasMore = state.withLock { state in
                    state.status.commitCount += 1
                    (state.status.failure, state.status.failingSince) = (nil, nil)
                    return state.ledger.noteWritten(entry, at: sequence)
                }
                waiters.wake()
                guard hasMore else { return }
                failures = 0
                await pause(id)
            } catch {
                let conflict = error.code == .conflict ? await examine(entry) : nil
                if conflict == .lost { return }
                if conflict == .outdated { continue }
                fail(error)
                failures += 1
                try? await settings.clock.sleep(settings.clock.now() + settings.pause * (1 << min(failures - 1, 5)))
            }
        }
    }

    /// Writes what an operation has to write, and returns the sequence of its newest record.
    private func write(_ entry: WriteLedger.Entry) async throws(BackplaneError) -> UInt64 {
        if let date = entry.tombstoneUntil {
            let rest = max(1, date.timeIntervalSince(settings.clock.date()))
            let draft = BackplaneDraft(
                owner: settings.node,
                payload: NodeRecord.removed.bytes,
                lifetime: .seconds(rest)
            )
            return try await backplane.write(draft, of: entry.journal.id, expecting: entry.sequence)
        }
        guard let (change, position) = entry.journal.readForNodes() else { return entry.sequence }
        let draft = BackplaneDraft(
            owner: settings.node,
            payload: NodeRecord.operation(change).bytes,
            lifetime: change.newest.outcome == nil ? nil : settings.retention
        )
        do throws(BackplaneError) {
            let sequence = try await backplane.write(draft, of: entry.journal.id, expecting: entry.sequence)
            entry.journal.noteStored(position)
            return sequence
        } catch {
            _ = entry.journal.markDirtyAgain()
            throw error
        }
    }

    private enum Conflict {
        /// Another node has the operation now.
        case lost
        /// The newest record is this node's own, and the node knows its sequence now.
        case outdated
    }

    /// Finds the reason of a conflict; `nil` if the backplane cannot be read.
    private func examine(_ entry: WriteLedger.Entry) async -> Conflict? {
        guard let newest = try? await backplane.read(entry.journal.id) else { return nil }
        if newest.owner == settings.node {
            state.withLock { $0.ledger.correct(entry.journal, to: newest.sequence) }
            return .outdated
        }
        state.withLock { $0.ledger.remove(entry.journal.id) }
        waiters.wake()
        lost(entry.journal, newest)
        return .lost
    }

    /// Waits for the interval between two records, or until a caller waits for the operation.
    private func pause(_ id: ProgressID) async {
        let deadline = settings.clock.now() + settings.interval
        _ = try? await urgent.wait(until: deadline, on: settings.clock) {
            state.withLock { $0.ledger.isAwaited(id) } ? true : nil
        }
    }

    private func fail(_ error: BackplaneError) {
        state.withLock { state in
            if state.status.failure == nil { state.status.failingSince = settings.clock.date() }
            // The reason becomes a part of other sentences.
            state.status.failure =
                error.description.last == "." ? String(error.description.dropLast()) : error.description
            state.status.failureCount += 1
        }
        waiters.wake()
    }

    // MARK: Waiting

    /// Returns when everything that was noted before the call is written.
    ///
    /// - Throws: ``ProgressError/Code/storeUnavailable`` if the backplane fails, or takes too long; the changes stay, and are
    ///   written later. `CancellationError` if the task is cancelled.
    package func commit() async throws {
        let wait = state.withLock { $0.ledger.beginWait() }
        defer { state.withLock { $0.ledger.endWait(wait) } }
        urgent.wake()
        let deadline = settings.clock.now() + settings.timeout
        let outcome = try await waiters.wait(until: deadline, on: settings.clock) {
            state.withLock { state -> Result<Void, ProgressError>? in
                if state.ledger.isComplete(wait) { return .success(()) }
                return state.status.failure.map { .failure(self.unavailable($0)) }
            }
        }
        try (outcome ?? .failure(unavailable("a write takes longer than \(settings.timeout)"))).get()
    }

    private func unavailable(_ reason: String) -> ProgressError {
        ProgressError(
            .storeUnavailable,
            "The backplane (\(backplane)) has not confirmed the report: \(reason). The report is kept, and is written later."
        )
    }

    /// Writes everything, and closes the writer; later changes are not written.
    package func close() async {
        state.withLock { $0.isClosed = true }
        try? await commit()
    }
}
