// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials

/// The times that restored operations stay.
struct RestoredTimes {
    /// The time after which an operation whose worker is elsewhere fails as worker-lost.
    let grace: Duration
    /// The time after which an operation whose worker was in the service's process fails as worker-lost.
    let localGrace: Duration
    /// The time that an ended operation stays after its end.
    let retention: Duration
}

extension JournalState {
    /// Returns what a store must take: the revisions after a position, or all kept revisions if the position is `nil`.
    ///
    /// The call seals no tick. An open tick is included as it is now, and is included again after it has changed.
    ///
    /// - Parameter position: The newest sealed revision that the store has.
    /// - Returns: The change, and the position to pass to the next call.
    func stored(after position: UInt64?) -> (change: StoredOperation, position: UInt64) {
        let first = min(max(log.oldestRevision, position.map { $0 + 1 } ?? 0), log.newestRevision)
        var revisions = (first...log.newestRevision).compactMap { revision in
            log.entry(at: revision).map { snapshot in
                let note = log.notes.note(of: revision)
                return StoredOperation.Revision(
                    snapshot: snapshot,
                    reportSize: note?.bytes ?? 0,
                    receipt: note?.receipt
                )
            }
        }
        if log.isTickOpen { revisions[revisions.count - 1].snapshot.counts = counting.unmeasuredCounts }
        let change = StoredOperation(
            revisions: revisions,
            oldestRevision: log.oldestRevision,
            isTickOpen: log.isTickOpen,
            generationEnds: generationEnds,
            counts: counting.stored,
            lease: lease?.remoteDuration,
            worker: worker
        )
        return (change, log.isTickOpen ? log.newestRevision - 1 : log.newestRevision)
    }

    /// Restores an operation from a store.
    ///
    /// A worker cannot report while the service is away. So an unfinished operation is stalled, and its worker has the
    /// whole grace period to report again.
    ///
    /// - Parameters:
    ///   - stored: The operation.
    ///   - wasClosed: Whether the store has every revision that watchers may have seen.
    ///   - capacity: The number of revisions to keep.
    ///   - times: The times that the operation stays.
    ///   - now: The time of the restart.
    init(restoring stored: StoredOperation, wasClosed: Bool, capacity: Int, times: RestoredTimes, now: Now) {
        log = RevisionLog(restoring: stored.revisions, capacity: capacity)
        generationEnds = stored.generationEnds
        if let counts = stored.counts { counting = JournalCounting(restoring: counts, now: now.monotonic) }
        guard stored.newest.outcome == nil else {
            restoreEnd(at: stored.newest.updatedAt, times, now: now)
            return
        }
        lease = Lease(restoring: stored.lease, graces: times, now: now.monotonic)
        worker = stored.worker
        restoreQuestion(now: now)
        if !wasClosed {
            // A watcher may have read the tick with other counts, so its revision belongs to the new generation.
            generationEnds.append(log.newestRevision - (stored.isTickOpen ? 1 : 0))
            if stored.isTickOpen { log.setNewestGeneration(UInt32(generationEnds.count)) }
        }
        let generation = UInt32(generationEnds.count)
        transition(now: now) { next in
            next.head.generation = generation
            if next.status != .cancelling { next.status = .stalled }
        }
    }

    /// Restores the end of an operation; its retention is measured by the calendar.
    ///
    /// The calendar may be wrong after a restart, so the operation stays for a while in any case.
    private mutating func restoreEnd(at date: Date, _ times: RestoredTimes, now: Now) {
        let age = max(.zero, Duration.seconds(now.date.timeIntervalSince(date)))
        let rest = max(times.retention - age, min(times.grace, times.retention))
        endedAt = now.monotonic - (times.retention - rest)
        restoredEnd = date
    }

    /// Returns whether the retention of an ended operation is over.
    mutating func isExpired(retention: Duration, now: Now) -> Bool {
        guard let endedAt, endedAt + retention <= now.monotonic else { return false }
        guard let restoredEnd else { return true }
        // The calendar may have been ahead at the restart, and be right by now.
        let age = Duration.seconds(now.date.timeIntervalSince(restoredEnd))
        guard age >= .zero, age < retention else { return true }
        self.endedAt = now.monotonic - age
        return false
    }

    /// Returns whether a cursor is of a revision of this journal that no crash has lost.
    func contains(_ cursor: ProgressCursor) -> Bool {
        let newest = log.newest.cursor
        guard cursor.epoch == newest.epoch, cursor.generation <= newest.generation else { return false }
        let isNewest = cursor.generation == newest.generation
        return cursor.revision <= (isNewest ? newest.revision : generationEnds[Int(cursor.generation)])
    }
}
