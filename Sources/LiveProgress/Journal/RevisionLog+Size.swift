// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import DequeModule

/// The sizes of revisions that were told with one, oldest first.
struct RevisionSizes: Sendable {
    private var entries: Deque<(revision: UInt64, bytes: Int)> = []
    private(set) var total = 0

    mutating func append(_ revision: UInt64, bytes: Int) {
        // A report that says nothing makes no revision; what renews the lease takes no room.
        guard bytes > 0, entries.last?.revision != revision else { return }
        entries.append((revision, bytes))
        total += bytes
    }

    /// Forgets the revisions before one, which are no longer kept.
    mutating func forget(before revision: UInt64) {
        while let first = entries.first, first.revision < revision {
            entries.removeFirst()
            total -= first.bytes
        }
    }

    /// The oldest revision from which on all that is kept fits into a size; the newest always does.
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
    /// Takes note of the newest revision's size, and lets the oldest ones go while all together are larger than a limit.
    ///
    /// Watchers who had still to read them are told how many they skip, as after an overwritten one.
    ///
    /// - Parameters:
    ///   - bytes: The size.
    ///   - limit: The largest sum of sizes; the newest revision stays, whatever its size.
    /// - Returns: By how much the sum has changed.
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
