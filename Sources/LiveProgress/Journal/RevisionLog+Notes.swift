// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import DequeModule

/// The sizes and the receipts of the kept revisions that came with one, oldest first.
struct RevisionNotes: Sendable {
    struct Note: Sendable {
        let revision: UInt64
        let bytes: Int
        let receipt: StoredOperation.Receipt?
    }

    private var notes: Deque<Note> = []
    /// The sum of the sizes.
    private(set) var totalBytes = 0

    mutating func append(_ revision: UInt64, bytes: Int, receipt: StoredOperation.Receipt? = nil) {
        // An empty report makes no revision, so its size does not count.
        guard bytes > 0 || receipt != nil, notes.last?.revision != revision else { return }
        notes.append(Note(revision: revision, bytes: bytes, receipt: receipt))
        totalBytes += bytes
    }

    /// Forgets the notes of the revisions before one; the log no longer keeps these revisions.
    mutating func forget(before revision: UInt64) {
        while let first = notes.first, first.revision < revision {
            notes.removeFirst()
            totalBytes -= first.bytes
        }
    }

    /// Returns the oldest revision from which on all sizes fit into `limit`; the newest revision always fits.
    func firstRevision(fitting limit: Int) -> UInt64? {
        var rest = totalBytes
        for note in notes {
            if rest <= limit || note.revision == notes.last?.revision { return note.revision }
            rest -= note.bytes
        }
        return nil
    }

    /// Returns the note of a revision.
    func note(of revision: UInt64) -> Note? {
        notes.last { $0.revision == revision }
    }

    /// Returns the newest note whose receipt has a key.
    func note(withKey key: String) -> Note? {
        notes.last { $0.receipt?.key.hasBytes(of: key) ?? false }
    }
}

extension RevisionLog {
    /// Notes the size and the receipt of the newest revision, and drops the oldest revisions while the sum of the sizes
    /// exceeds a limit.
    ///
    /// A watcher that has not read the dropped revisions later receives their number in ``ProgressEvent/skipped``.
    ///
    /// - Parameters:
    ///   - bytes: The size of the newest revision.
    ///   - receipt: The request that made the newest revision.
    ///   - limit: The maximum sum of sizes; the newest revision always stays.
    /// - Returns: The change of the sum.
    mutating func noteNewest(_ bytes: Int, receipt: StoredOperation.Receipt?, limit: Int) -> Int {
        let before = notes.totalBytes
        notes.append(newestRevision, bytes: bytes, receipt: receipt)
        notes.forget(before: oldestRevision)
        if notes.totalBytes > limit, let first = notes.firstRevision(fitting: limit) {
            dropRevisions(before: first)
            notes.forget(before: first)
        }
        return notes.totalBytes - before
    }
}
