// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials

/// The newest revisions of one operation, at most `capacity` of them, in the order of their making.
///
/// A pure value: the arithmetic of cursors and nothing else. The newest entry may be an open tick, which the next tick
/// overwrites in place; ``seal(_:)`` closes it.
struct RevisionLog: Sendable {
    let capacity: Int
    /// A ring, once it is full: the newest revision takes the place of the oldest.
    private var entries: ContiguousArray<ProgressSnapshot>
    /// Where the oldest revision is.
    private var first = 0
    /// Where the newest revision is.
    private var last = 0
    /// Whether the newest entry is a tick that nobody has read.
    private(set) var isTickOpen = false
    /// How much of what is kept came from elsewhere.
    var sizes = RevisionSizes()

    init(first: ProgressSnapshot, capacity: Int) {
        self.capacity = max(1, capacity)
        entries = [first]
    }

    var newest: ProgressSnapshot { entries[last] }
    var newestRevision: UInt64 { entries[last].revision }
    var oldestRevision: UInt64 { entries[first].revision }
    var status: ProgressStatus { entries[last].status }

    /// Gives the next revision a place of its own; the oldest one makes room.
    mutating func append(_ change: (inout ProgressSnapshot) -> Void) {
        let newest = entries[last]
        moveOn()
        entries[last] = newest
        entries[last].revision += 1
        change(&entries[last])
    }

    /// Appends what a worker says most often; what it replaces is not copied first.
    mutating func append(
        status: ProgressStatus,
        state: String,
        details: JSONValue,
        counts: consuming ProgressCounts?,
        updatedAt: Date
    ) {
        let newest = last
        moveOn()
        // Mostly it is the same head; to find that out takes no reference.
        if entries[last].shared !== entries[newest].shared { entries[last].shared = entries[newest].shared }
        entries[last].revision = entries[newest].revision + 1
        entries[last].status = status
        entries[last].state = state
        entries[last].details = details
        entries[last].counts = counts
        entries[last].updatedAt = updatedAt
    }

    /// Makes the place after the newest revision's the newest one's, still with old values in it; an open tick ends.
    private mutating func moveOn() {
        isTickOpen = false
        if entries.count < capacity { entries.append(entries[last]) }
        last = last + 1 == capacity ? 0 : last + 1
        if last == first { first = first + 1 == capacity ? 0 : first + 1 }
    }

    /// Forgets the revisions before one that is kept.
    mutating func dropRevisions(before revision: UInt64) {
        while oldestRevision < min(revision, newestRevision) {
            // Its place stays; what it held is shared with the newest from now on.
            entries[first] = entries[last]
            first = first + 1 == entries.count ? 0 : first + 1
        }
    }

    /// Opens a tick, unless one is open already.
    mutating func openTick() {
        guard !isTickOpen else { return }
        append { tick in
            if tick.status == .pending || tick.status == .stalled { tick.status = .running }
        }
        isTickOpen = true
    }

    /// Closes an open tick with its last values.
    mutating func seal(_ finish: (inout ProgressSnapshot) -> Void) {
        guard isTickOpen else { return }
        isTickOpen = false
        finish(&entries[last])
    }

    /// The snapshot of a revision, or `nil` where it is not here.
    func entry(at revision: UInt64) -> ProgressSnapshot? {
        guard (oldestRevision...newestRevision).contains(revision) else { return nil }
        let index = last - Int(newestRevision - revision)
        return entries[index < 0 ? index + entries.count : index]
    }

    /// What becomes of each revision after one, or `nil` where some of them are no longer here.
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
