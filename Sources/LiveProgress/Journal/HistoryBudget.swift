// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// The number of bytes of reports that all journals of a service keep, and its limits.
///
/// Only the reports of remote workers count, by their size on the wire. A program limits the reports of its own workers
/// itself.
final class HistoryBudget: Sendable {
    let total: Int
    let perOperation: Int
    private let used = Atomic<Int>(0)

    init(total: Int, perOperation: Int) {
        self.total = total
        self.perOperation = perOperation
    }

    var usedBytes: Int { used.load(ordering: .relaxed) }

    /// Whether the total limit is reached, so that no operation can be created.
    var isFull: Bool { usedBytes >= total }

    /// Notes the size and the receipt of a log's newest revision.
    ///
    /// While the history is full, each operation that receives a report keeps only its newest revision.
    func note(_ size: Int, _ receipt: StoredOperation.Receipt?, in log: inout RevisionLog) {
        guard size > 0 || receipt != nil else { return }
        change(by: log.noteNewest(size, receipt: receipt, limit: isFull ? 0 : perOperation))
    }

    func change(by bytes: Int) {
        if bytes != 0 { used.wrappingAdd(bytes, ordering: .relaxed) }
    }
}
