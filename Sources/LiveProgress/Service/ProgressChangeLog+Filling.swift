// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// Gives the operations that are there, piece by piece.
protocol ChangeLogSource: AnyObject, Sendable {
    /// Some operations after a number, oldest first; none where there are no more.
    func operations(after number: UInt64, atMost count: Int) -> [(number: UInt64, journal: ProgressJournal)]
}

/// How far a change log has got with the operations that were there before anyone followed it.
struct ChangeLogFilling: Sendable {
    weak var source: (any ChangeLogSource)?
    var position: UInt64 = 0
}

extension ProgressChangeLog {
    /// How many operations are taken in while the lock is held: workers wait for it when they mark what changes.
    private static let fillingSize = 128

    /// Takes in as many of the operations that are there as one reading gives.
    ///
    /// Not all at once when the first reader subscribes, because readers live on event loops, and there may be a hundred
    /// thousand operations.
    func fill(toRead limit: Int, after position: UInt64) {
        while let filling = filling(toRead: limit, after: position) {
            let batch = filling.source?.operations(after: filling.position, atMost: Self.fillingSize) ?? []
            state.withLock { state in
                // Another reader may have been here meanwhile.
                guard state.filling?.position == filling.position else { return }
                for (_, journal) in batch where !state.log.contains(journal.id) && !journal.isRetired {
                    Self.put(journal, in: &state)
                }
                if let last = batch.last { state.filling?.position = last.number } else { state.filling = nil }
            }
        }
    }

    /// Where to go on filling; `nil` where a reading has enough.
    private func filling(toRead limit: Int, after position: UInt64) -> ChangeLogFilling? {
        state.withLock { state in
            guard let filling = state.filling, limit < .max else { return state.filling }
            let waiting = state.log.entries(after: position).prefix(limit).reduce(0) { count, _ in count + 1 }
            return waiting < limit ? filling : nil
        }
    }
}
