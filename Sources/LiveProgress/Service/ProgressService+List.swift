// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

extension ProgressService {
    /// The number of operations read under one lock.
    private static let batchSize = 128

    /// Returns the operations that match a query, newest first.
    ///
    /// The call seals the newest revision of each operation that it looks at: units counted later make a new revision.
    public func list(_ query: ProgressQuery = .init()) -> ProgressPage {
        let page = numberedList(query)
        return ProgressPage(
            snapshots: page.entries.map(\.snapshot),
            nextPageToken: page.isLast ? nil : page.entries.last.map { String($0.number) }
        )
    }

    /// Returns the page with the number of each operation, which grows in the order of creation or of takeover.
    package func numberedList(_ query: ProgressQuery) -> NumberedPage {
        var before = query.pageToken.map { UInt64($0) ?? 0 } ?? .max
        let limit = max(1, query.limit)
        var found: [NumberedPage.Entry] = []
        // Two pages of operations are usually enough; the batches grow in case few operations match.
        var batchSize = min(Self.batchSize, limit)
        while true {
            batchSize = min(Self.batchSize, 2 * batchSize)
            let candidates = journals(before: before, atMost: batchSize)
            guard let oldest = candidates.last else { return NumberedPage(entries: found, isLast: true) }
            before = oldest.number
            for (number, journal) in candidates {
                let snapshot = journal.snapshot()
                guard query.matches(snapshot) else { continue }
                if found.count == limit { return NumberedPage(entries: found, isLast: false) }
                found.append(.init(number: number, snapshot: snapshot))
            }
        }
    }

    /// Returns at most `count` operations before a number, newest first; `count` limits the time under the lock.
    private func journals(before number: UInt64, atMost count: Int) -> [(number: UInt64, journal: ProgressJournal)] {
        state.withLock { state in
            state.order.entries(before: number).prefix(count).compactMap { entry in
                state.journals[entry.key].map { (entry.number, $0) }
            }
        }
    }

    /// Returns a feed of the operations that match a query: the existing operations first, then each change.
    ///
    /// The feed ignores the query's statuses, limit and page token: the status of an operation changes while it is
    /// watched.
    public func events(
        matching query: ProgressQuery = .init()
    ) -> some AsyncSequence<ProgressFeedEvent, Never> & Sendable {
        ProgressFeed(service: self, query: query)
    }

    /// Adds a waker that is woken after each change of any operation; read the changes from ``changes``.
    ///
    /// The call takes constant time: later reads find the existing operations.
    package func subscribeToChanges(_ waker: any ProgressWaker) -> ProgressSubscription {
        changes.subscribe(waker, source: self)
    }
}

/// A page of one node's operations, newest first.
package struct NumberedPage: Sendable, Hashable {
    /// An operation and its number in the node's order.
    package struct Entry: Sendable, Hashable {
        package let number: UInt64
        package let snapshot: ProgressSnapshot

        package init(number: UInt64, snapshot: ProgressSnapshot) {
            self.number = number
            self.snapshot = snapshot
        }
    }

    package let entries: [Entry]
    /// Whether the node has no further operation that matches.
    package let isLast: Bool

    package init(entries: [Entry], isLast: Bool) {
        self.entries = entries
        self.isLast = isLast
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
