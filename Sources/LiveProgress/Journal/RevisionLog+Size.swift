// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import DequeModule

/// The sizes of the revisions that came with a size, oldest first.
struct RevisionSizes: Sendable {
    private var entries: Deque<(revision: UInt64, bytes: Int)> = []
    private(set) var total = 0

    mutating func append(_ revision: UInt64, bytes: Int) {
        // An empty report makes no revision, so its size does not count.
        guard bytes > 0, entries.last?.revision != revision else { return }
        entries.append((revision, bytes))
        total += bytes
    }

    /// Forgets the sizes of the revisions before one; the log no longer keeps these revisions.
    mutating func forget(before revision: UInt64) {
        while let first = entries.first, first.revision < revision {
            entries.removeFirst()
            total -= first.bytes
        }
    }

    /// Returns the oldest revision from which on all sizes fit into `limit`; the newest revision always fits.
    func firstRevision(fitting limit: Int) -> UInt64? {
        var rest = total
        for entry in entries {
            if rest <= limit || entry.revision == entries.last?.revision { return entry.revision }
            rest -= entry.bytes
        }
        return nil
    }
}

extension RevisionLog {
    /// Records the size of the newest revision, and drops the oldest revisions while the sum exceeds a limit.
    ///
    /// A watcher that has not read the dropped revisions later receives their number in ``ProgressEvent/skipped``.
    ///
    /// - Parameters:
    ///   - bytes: The size of the newest revision.
    ///   - limit: The maximum sum of sizes; the newest revision always stays.
    /// - Returns: The change of the sum.
    mutating func weighNewest(_ bytes: Int, limit: Int) -> Int {
        let before = sizes.total
        sizes.append(newestRevision, bytes: bytes)
        sizes.forget(before: oldestRevision)
        if sizes.total > limit, let first = sizes.firstRevision(fitting: limit) {
            dropRevisions(before: first)
            sizes.forget(before: first)
        }
        return sizes.total - before
    }
}
