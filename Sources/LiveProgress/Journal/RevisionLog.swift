// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import DequeModule

/// The newest revisions of one operation, at most `capacity` of them, in the order of their making.
///
/// A pure value: the arithmetic of cursors and nothing else. The newest entry may be an open tick, which the next tick
/// overwrites in place; ``seal(_:)`` closes it.
struct RevisionLog: Sendable {
    let capacity: Int
    private(set) var entries: Deque<ProgressSnapshot>
    /// Whether the newest entry is a tick that nobody has read.
    private(set) var isTickOpen = false

    init(first: ProgressSnapshot, capacity: Int) {
        self.capacity = max(1, capacity)
        entries = [first]
    }

    var newest: ProgressSnapshot { entries[entries.count - 1] }
    var newestRevision: UInt64 { newest.revision }
    var oldestRevision: UInt64 { entries[0].revision }

    /// Gives the next revision a place of its own; the oldest one makes room.
    mutating func append(_ change: (inout ProgressSnapshot) -> Void) {
        var next = newest
        next.cursor = ProgressCursor(epoch: next.cursor.epoch, revision: next.revision + 1)
        change(&next)
        if entries.count == capacity { entries.removeFirst() }
        entries.append(next)
        isTickOpen = false
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
        finish(&entries[entries.count - 1])
    }

    /// The revisions after one, or `nil` where some of them are no longer here.
    func entries(after revision: UInt64) -> Deque<ProgressSnapshot>.SubSequence? {
        if revision >= newestRevision { return entries[entries.count...] }
        guard revision + 1 >= oldestRevision else { return nil }
        return entries[Int(revision + 1 - oldestRevision)...]
    }
}
