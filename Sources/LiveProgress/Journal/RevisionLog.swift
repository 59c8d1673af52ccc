// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials

/// The newest revisions of one operation, at most `capacity` of them, oldest first.
///
/// The log is a pure value with the arithmetic of cursors. The newest entry may be an open tick: the next tick
/// overwrites it in place, and ``seal(_:)`` closes it.
struct RevisionLog: Sendable {
    let capacity: Int
    /// The revisions; once full, a ring in which the newest revision replaces the oldest.
    private var entries: ContiguousArray<ProgressSnapshot>
    /// The index of the oldest revision.
    private var first = 0
    /// The index of the newest revision.
    private var last = 0
    /// Whether the newest entry is a tick that no watcher has read.
    private(set) var isTickOpen = false
    /// The sizes and the receipts of the kept revisions that remote workers reported.
    var notes = RevisionNotes()

    init(first: ProgressSnapshot, capacity: Int) {
        self.capacity = max(1, capacity)
        entries = [first]
    }

    var newest: ProgressSnapshot { entries[last] }
    var newestRevision: UInt64 { entries[last].revision }
    var oldestRevision: UInt64 { entries[first].revision }
    var status: ProgressStatus { entries[last].status }
    /// The status after the next report; read without copying the snapshot, because every report reads it.
    var statusAfterReport: ProgressStatus {
        switch entries[last].status {
        case .running: .running
        case .waiting: .waiting
        case .cancelling: .cancelling
        default: entries[last].statusAfterReport
        }
    }

    /// Appends a revision; if the log is full, the revision replaces the oldest one.
    mutating func append(_ change: (inout ProgressSnapshot) -> Void) {
        let newest = entries[last]
        moveOn()
        entries[last] = newest
        entries[last].revision += 1
        change(&entries[last])
    }

    /// Appends a revision of a state and its details, without copying the newest snapshot first.
    mutating func append(
        status: ProgressStatus,
        state: String,
        details: JSONValue,
        counts: consuming ProgressCounts?,
        updatedAt: Date
    ) {
        let newest = last
        moveOn()
        // The heads are usually the same, and comparing them needs no reference counting.
        if entries[last].shared !== entries[newest].shared { entries[last].shared = entries[newest].shared }
        entries[last].revision = entries[newest].revision + 1
        entries[last].status = status
        entries[last].state = state
        entries[last].details = details
        entries[last].counts = counts
        entries[last].updatedAt = updatedAt
    }

    /// Advances `last` to the next place, which still holds old values; closes an open tick.
    private mutating func moveOn() {
        isTickOpen = false
        if entries.count < capacity { entries.append(entries[last]) }
        last = last + 1 == capacity ? 0 : last + 1
        if last == first { first = first + 1 == capacity ? 0 : first + 1 }
    }

    /// Drops the revisions before one; the newest revision always stays.
    mutating func dropRevisions(before revision: UInt64) {
        while oldestRevision < min(revision, newestRevision) {
            // The place stays in the ring; a copy of the newest snapshot releases the old values.
            entries[first] = entries[last]
            first = first + 1 == entries.count ? 0 : first + 1
        }
    }

    /// Moves the newest revision to another generation of cursors.
    mutating func setNewestGeneration(_ generation: UInt32) {
        entries[last].head.generation = generation
    }

    /// Opens a tick, unless one is open already.
    mutating func openTick() {
        guard !isTickOpen else { return }
        append { $0.status = $0.statusAfterReport }
        isTickOpen = true
    }

    /// Closes an open tick with its last values.
    mutating func seal(_ finish: (inout ProgressSnapshot) -> Void) {
        guard isTickOpen else { return }
        isTickOpen = false
        finish(&entries[last])
    }

    /// Returns the snapshot of a revision, or `nil` if the log does not have it.
    func entry(at revision: UInt64) -> ProgressSnapshot? {
        guard (oldestRevision...newestRevision).contains(revision) else { return nil }
        let index = last - Int(newestRevision - revision)
        return entries[index < 0 ? index + entries.count : index]
    }

    /// Returns the transformed revisions after one, or `nil` if the log no longer has some of them.
    func mapEntries<Result>(after revision: UInt64, _ transform: (ProgressSnapshot) -> Result) -> [Result]? {
        let newest = newestRevision
        if revision >= newest { return [] }
        guard revision + 1 >= oldestRevision else { return nil }
        let count = Int(newest - revision)
        var results: [Result] = []
        results.reserveCapacity(count)
        for back in (0..<count).reversed() {
            let index = last - back
            results.append(transform(entries[index < 0 ? index + entries.count : index]))
        }
        return results
    }
}

extension RevisionLog {
    /// Restores the newest `capacity` revisions; equal heads are shared again.
    init(restoring revisions: [StoredOperation.Revision], capacity: Int) {
        let kept = revisions.suffix(max(1, capacity))
        var last = kept[kept.startIndex].snapshot
        self.init(first: last, capacity: capacity)
        for revision in kept.dropFirst() {
            var next = revision.snapshot
            if next.shared == last.shared { next.shared = last.shared }
            append { $0 = next }
            last = next
        }
        for revision in kept {
            notes.append(revision.snapshot.revision, bytes: revision.reportSize, receipt: revision.receipt)
        }
    }
}
