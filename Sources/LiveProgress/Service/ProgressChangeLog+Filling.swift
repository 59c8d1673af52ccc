// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// A source of the existing operations of a service, read in batches.
protocol ChangeLogSource: AnyObject, Sendable {
    /// Returns at most `count` operations after a number, oldest first; empty if no operations are left.
    func operations(after number: UInt64, atMost count: Int) -> [(number: UInt64, journal: ProgressJournal)]
}

/// The position of a change log in the operations that existed before the first subscription.
struct ChangeLogFilling: Sendable {
    weak var source: (any ChangeLogSource)?
    var position: UInt64 = 0
}

extension ProgressChangeLog {
    /// The number of operations added under one lock; workers wait for this lock when they mark changes.
    private static let fillingSize = 128

    /// Adds existing operations to the log until the log has enough entries for one reading.
    ///
    /// The first subscription does not add all operations, because readers run on event loops, and there may be 100,000
    /// operations.
    func fill(toRead limit: Int, after position: UInt64) {
        while let filling = filling(toRead: limit, after: position) {
            let batch = filling.source?.operations(after: filling.position, atMost: Self.fillingSize) ?? []
            state.withLock { state in
                // Another reader may have added this batch meanwhile.
                guard state.filling?.position == filling.position else { return }
                for (_, journal) in batch where !state.log.contains(journal.id) && !journal.isRetired {
                    Self.put(journal, in: &state)
                }
                if let last = batch.last { state.filling?.position = last.number } else { state.filling = nil }
            }
        }
    }

    /// Returns the position to continue from, or `nil` if no more operations need to be added.
    private func filling(toRead limit: Int, after position: UInt64) -> ChangeLogFilling? {
        state.withLock { state in
            guard let filling = state.filling, limit < .max else { return state.filling }
            let waiting = state.log.entries(after: position).prefix(limit).reduce(0) { count, _ in count + 1 }
            return waiting < limit ? filling : nil
        }
    }
}
