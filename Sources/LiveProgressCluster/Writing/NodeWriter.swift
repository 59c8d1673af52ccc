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
    struct State {
        var ledger = WriteLedger()
        var status: ProgressStoreStatus
        var isClosed = false
        var isCutOff = false
        var conflicts = 0
    }

    let backplane: any ProgressBackplane
    let settings: Settings
    /// Receives an operation that another node has now, and that node's record.
    let recordsLost: @Sendable () -> Void
    let lost: @Sendable (ProgressJournal, BackplaneRecord?) -> Void
    let state: Mutex<State>
    let waiters = WakeGroup()
    let urgent = WakeGroup()

    /// Creates a writer.
    ///
    /// - Parameters:
    ///   - backplane: The backplane, which the node has joined.
    ///   - settings: The name of the node, and times.
    ///   - recordsLost: Called if newer records of an operation are gone.
    ///   - lost: Receives an operation that another node has now, and the newest record.
    package init(
        _ backplane: any ProgressBackplane,
        _ settings: Settings,
        recordsLost: @escaping @Sendable () -> Void = {},
        lost: @escaping @Sendable (ProgressJournal, BackplaneRecord?) -> Void
    ) {
        self.backplane = backplane
        self.settings = settings
        self.recordsLost = recordsLost
        self.lost = lost
        state = Mutex(State(status: ProgressStoreStatus(store: backplane.description)))
    }

    /// Begins to write an operation that the node has taken over.
    package func add(_ journal: ProgressJournal, at sequence: UInt64) {
        state.withLock { $0.ledger.add(journal, at: sequence) }
    }

    /// Notes that another node has removed an operation, with the sequence of that record.
    package func noteRemoval(_ id: ProgressID, at sequence: UInt64) {
        state.withLock { $0.ledger.noteRemoval(id, at: sequence) }
    }

    /// Notes whether the node can reach the backplane at all.
    package func noteContact(_ isThere: Bool) {
        state.withLock { state in
            state.isCutOff = !isThere
            if isThere { state.ledger.forgetFailures() }
            noteCondition(isThere ? nil : "the backplane does not respond", &state)
        }
    }

    /// Returns why a durable change of an operation cannot be made now; `nil` if nothing is known to prevent it.
    package func failure(of id: ProgressID?) -> String? {
        state.withLock { state in
            if state.isCutOff { return state.status.failure }
            return id.flatMap { state.ledger.entry($0)?.failure }
        }
    }

    private func noteCondition(_ failure: String?, _ state: inout State) {
        if failure == nil { state.status.failingSince = nil }
        if failure != nil, state.status.failure == nil { state.status.failingSince = settings.clock.date() }
        state.status.failure = failure
    }

    /// Stops to write an operation that the node has given up.
    package func forget(_ id: ProgressID) {
        state.withLock { $0.ledger.remove(id) }
        waiters.wake()
    }

    /// The condition of the backplane, as the last write found it.
    package var status: ProgressStoreStatus {
        state.withLock { state in
            var status = state.status
            status.waitingOperations = state.ledger.waitingCount
            return status
        }
    }

    /// The number of writes that found another record.
    var conflictCount: Int { state.withLock(\.conflicts) }

    // MARK: Changes

    /// Notes that an operation has changed.
    package func noteChange(of journal: ProgressJournal) {
        start(journal.id, if: state.withLock { $0.ledger.note(journal) && !$0.isClosed })
    }

    /// Notes that an operation was removed.
    package func noteRemoval(of journal: ProgressJournal, tombstoneUntil date: Date) {
        start(journal.id, if: state.withLock { $0.ledger.note(journal, tombstoneUntil: date) && !$0.isClosed })
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
                    noteCondition(nil, &state)
                    return state.ledger.noteWritten(entry, at: sequence)
                }
                waiters.wake()
                guard hasMore else { return }
                failures = 0
                await pause(id)
            } catch {
                let mustRead = error.code == .conflict || error.code == .unknownOutcome
                let finding = mustRead ? await examine(entry) : nil
                if finding == .lost { return }
                failures += 1
                if finding == .outdated, failures == 1 { continue }
                if finding != .outdated { fail(id, error) }
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
        guard var (change, position) = entry.journal.readForNodes() else { return entry.sequence }
        // The last record replaces all others, so it has every revision.
        if change.newest.outcome != nil { (change, position) = entry.journal.wholeForNodes() }
        do throws(BackplaneError) {
            let sequence = try await write(change, of: entry.journal.id, expecting: entry.sequence)
            entry.journal.noteStored(position)
            return sequence
        } catch {
            _ = entry.journal.markDirtyAgain()
            throw error
        }
    }

    /// Writes a change; without its history if it is too large for one record.
    func write(
        _ change: StoredOperation,
        of id: ProgressID,
        expecting sequence: UInt64
    ) async throws(BackplaneError) -> UInt64 {
        do throws(BackplaneError) {
            return try await backplane.write(settings.draft(of: change), of: id, expecting: sequence)
        } catch {
            guard error.code == .tooLarge, change.revisions.count > 1 else { throw error }
            var newest = change
            newest.revisions = change.revisions.suffix(1)
            newest.oldestRevision = change.newest.revision
            return try await backplane.write(settings.draft(of: newest), of: id, expecting: sequence)
        }
    }

    /// Waits for the interval between two records, or until a caller waits for the operation.
    private func pause(_ id: ProgressID) async {
        let deadline = settings.clock.now() + settings.interval
        _ = try? await urgent.wait(until: deadline, on: settings.clock) {
            state.withLock { $0.ledger.isAwaited(id) } ? true : nil
        }
    }

    private func fail(_ id: ProgressID, _ error: BackplaneError) {
        // The reason becomes a part of other sentences.
        let reason = error.description.last == "." ? String(error.description.dropLast()) : error.description
        state.withLock { state in
            state.ledger.noteFailure(id, reason)
            state.status.failureCount += 1
            // An operation that is too large says nothing about the backplane.
            if error.code != .tooLarge { noteCondition(reason, &state) }
        }
        waiters.wake()
    }
}
