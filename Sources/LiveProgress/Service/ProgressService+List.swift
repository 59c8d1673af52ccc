// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

extension ProgressService {
    /// How many operations are looked at while the lock is held.
    private static let batchSize = 128

    /// The operations asked for, the newest first.
    ///
    /// Seals the newest revision of each that it looks at, as ``ProgressJournal/snapshot()`` does.
    public func list(_ query: ProgressQuery = .init()) -> ProgressPage {
        var before = query.pageToken.map { UInt64($0) ?? 0 } ?? .max
        let limit = max(1, query.limit)
        var found: [(number: UInt64, snapshot: ProgressSnapshot)] = []
        // As many as are asked for are mostly enough; where few of them match, more are looked at in one turn.
        var batchSize = min(Self.batchSize, limit)
        while true {
            batchSize = min(Self.batchSize, 2 * batchSize)
            let candidates = journals(before: before, atMost: batchSize)
            guard let oldest = candidates.last else { return ProgressPage(snapshots: found.map(\.snapshot)) }
            before = oldest.number
            for (number, journal) in candidates {
                let snapshot = journal.snapshot()
                guard query.matches(snapshot) else { continue }
                if found.count == limit, let last = found.last {
                    return ProgressPage(snapshots: found.map(\.snapshot), nextPageToken: String(last.number))
                }
                found.append((number, snapshot))
            }
        }
    }

    /// Some operations before a number, newest first: not all at once, since others wait for the lock meanwhile.
    private func journals(before number: UInt64, atMost count: Int) -> [(number: UInt64, journal: ProgressJournal)] {
        state.withLock { state in
            state.order.entries(before: number).prefix(count).compactMap { entry in
                state.journals[entry.key].map { (entry.number, $0) }
            }
        }
    }

    /// What happens to the operations asked for: those that are there first, then each change.
    public func feed(_ query: ProgressQuery = .init()) -> ProgressFeed {
        ProgressFeed(service: self, query: query)
    }

    /// Wakes someone after changes of any operation; read what changed from ``changes``.
    ///
    /// Takes constant time: what is there already is found by the readings.
    public func subscribeToChanges(_ waker: any ProgressWaker) -> ProgressSubscription {
        changes.subscribe(waker, source: self)
    }
}

extension ProgressService: ChangeLogSource {
    func operations(after number: UInt64, atMost count: Int) -> [(number: UInt64, journal: ProgressJournal)] {
        state.withLock { state in
            state.order.entries(after: number).prefix(count).compactMap { entry in
                state.journals[entry.key].map { (entry.number, $0) }
            }
        }
    }
}
