// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// How many bytes of reports all journals of a service keep, and how many they may.
///
/// Counted are the reports of remote workers, by their size on the wire: what a worker of this process says is its own
/// program's to bound.
final class HistoryBudget: Sendable {
    let total: Int
    let perOperation: Int
    private let used = Atomic<Int>(0)

    init(total: Int, perOperation: Int) {
        self.total = total
        self.perOperation = perOperation
    }

    var usedBytes: Int { used.load(ordering: .relaxed) }

    /// Whether there is no room for another operation.
    var isFull: Bool { usedBytes >= total }

    func change(by bytes: Int) {
        if bytes != 0 { used.wrappingAdd(bytes, ordering: .relaxed) }
    }
}
