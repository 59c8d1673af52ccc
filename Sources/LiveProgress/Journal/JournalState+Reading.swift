// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

extension JournalState {
    /// Closes an open tick; its revision does not change any more.
    mutating func seal(now: Now) {
        guard log.isTickOpen else { return }
        let counts = counting.counts(at: now.monotonic)
        log.seal { tick in
            tick.counts = counts
            tick.updatedAt = now.date
        }
    }

    /// Returns the first reading of a watcher: the newest snapshot, or the exact replay from its cursor (invariant 4).
    mutating func open(at cursor: ProgressCursor?, now: Now) -> ProgressReading {
        seal(now: now)
        guard let cursor else { return restart(skipped: 0) }
        let isOurs = contains(cursor)
        guard isOurs, var events = log.mapEntries(after: cursor.revision, Self.update) else {
            let skipped = isOurs ? log.newestRevision - cursor.revision - 1 : 0
            return restart(skipped: skipped)
        }
        if let first = events.first {
            events[0] = ProgressEvent(
                kind: first.kind == .end ? .end : .snapshot,
                snapshot: first.snapshot,
                resumed: true
            )
        }
        return reading(events)
    }

    /// Returns all revisions after one; if some were overwritten, only the newest, and how many were skipped.
    mutating func read(after revision: UInt64, now: Now) -> ProgressReading {
        seal(now: now)
        if let following = log.mapEntries(after: revision, Self.update) { return reading(following) }
        let newest = log.newest
        let kind: ProgressEvent.Kind = newest.outcome == nil ? .update : .end
        return reading([ProgressEvent(kind: kind, snapshot: newest, skipped: newest.revision - revision - 1)])
    }

    private func restart(skipped: UInt64) -> ProgressReading {
        let kind: ProgressEvent.Kind = log.newest.outcome == nil ? .snapshot : .end
        return reading([ProgressEvent(kind: kind, snapshot: log.newest, skipped: skipped, resumed: false)])
    }

    private func reading(_ events: [ProgressEvent]) -> ProgressReading {
        ProgressReading(events: events, position: log.newestRevision, isFinished: isEnded, removal: removal)
    }

    private static func update(_ snapshot: ProgressSnapshot) -> ProgressEvent {
        ProgressEvent(kind: snapshot.outcome == nil ? .update : .end, snapshot: snapshot)
    }
}
