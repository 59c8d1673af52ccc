// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

extension JournalState {
    /// Creates a copy of an operation that another node has.
    ///
    /// - Parameters:
    ///   - stored: The operation: its newest revisions, without gaps.
    ///   - capacity: The number of revisions to keep.
    ///   - now: The time of the copy.
    init(following stored: StoredOperation, capacity: Int, now: Now) {
        self.init(first: stored.newest, capacity: capacity, lease: nil)
        log = RevisionLog(restoring: stored.revisions, capacity: capacity)
        take(stored, now: now)
    }

    /// Takes what the operation's node has written.
    ///
    /// Revisions that the copy already has are ignored. If revisions are missing before the new ones, the copy starts again
    /// with the new ones, and its watchers receive the number of skipped revisions.
    ///
    /// - Parameters:
    ///   - change: A change of the same run of the operation.
    ///   - now: The time of the change.
    /// - Returns: Whether there is a new revision.
    mutating func follow(_ change: StoredOperation, now: Now) -> Bool {
        guard change.epoch == log.newest.cursor.epoch, change.newest.revision >= log.newestRevision else {
            return false
        }
        let news = change.revisions.filter { $0.snapshot.revision > log.newestRevision }
        if let first = news.first, first.snapshot.revision > log.newestRevision + 1 {
            log = RevisionLog(restoring: news, capacity: log.capacity)
        } else {
            for revision in news { append(revision) }
        }
        take(change, now: now)
        return !news.isEmpty
    }

    private mutating func append(_ revision: StoredOperation.Revision) {
        var next = revision.snapshot
        // Equal heads are shared, as in the journal of the operation's node.
        if next.shared == log.newest.shared { next.shared = log.newest.shared }
        log.append { $0 = next }
    }

    /// Takes the values that the revisions do not show, so that this node can continue the operation.
    private mutating func take(_ change: StoredOperation, now: Now) {
        generationEnds = change.generationEnds
        worker = change.worker
        if let counts = change.counts { counting = JournalCounting(restoring: counts, now: now.monotonic) }
        if change.newest.outcome != nil { endedAt = now.monotonic }
    }
}
