// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Synchronization

/// How a writer finds that the records are not as it left them.
extension NodeWriter {
    enum Finding {
        /// Another node has the operation now.
        case lost
        /// The node did not know the sequence of the newest record, and knows it now.
        case outdated
    }

    /// Finds the reason of a conflict; `nil` if nothing has changed, or if the backplane cannot be read.
    func examine(_ entry: WriteLedger.Entry) async -> Finding? {
        let newest: BackplaneRecord?
        do throws(BackplaneError) {
            newest = try await backplane.read(entry.journal.id)
        } catch {
            return nil
        }
        guard newest?.sequence ?? 0 != entry.sequence else { return nil }
        state.withLock { $0.conflicts += 1 }
        if let newest, newest.owner != settings.node || isOfAnotherRun(newest, than: entry.journal) {
            state.withLock { $0.ledger.remove(entry.journal.id) }
            waiters.wake()
            lost(entry.journal, newest)
            return .lost
        }
        // After the loss of newer records, such as those of the whole stream, the next one must have everything.
        if newest?.sequence ?? 0 < entry.sequence {
            entry.journal.forgetStored()
            recordsLost()
        }
        state.withLock { $0.ledger.correct(entry.journal, to: newest?.sequence ?? 0) }
        return .outdated
    }

    /// Whether a record of this node is of a run that has not ended, and that another journal of this node has.
    private func isOfAnotherRun(_ record: BackplaneRecord, than journal: ProgressJournal) -> Bool {
        guard case .operation(let operation)? = try? NodeRecord(record.payload) else { return false }
        return operation.epoch != journal.epoch && operation.newest.outcome == nil
    }

    /// The operations whose changes are all written, with the sequences of their newest records.
    var written: [ProgressID: UInt64] { state.withLock(\.ledger.written) }

    /// Writes operations again whose records are gone, such as after the loss of the stream.
    ///
    /// - Parameter lost: The operations, with the sequences of the lost records; one that has a later record is not written.
    func rewrite(_ lost: [ProgressID: UInt64]) {
        let journals = state.withLock { state in
            lost.compactMap { id, sequence in
                state.ledger.entry(id).flatMap { $0.sequence == sequence ? $0.journal : nil }
            }
        }
        for journal in journals { journal.keepAgain() }
    }
}
