// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressHTTP
import Synchronization

/// The copies of other nodes' operations: one subscription for each operation that is watched on this node.
final class Followers: Sendable {
    private struct Entry {
        let follower: Follower
        let subscription: BackplaneSubscription
        let number: UInt64
    }

    private struct State {
        var entries: [ProgressID: Entry] = [:]
        var lastNumber: UInt64 = 0
        var repairs = 0
        var records: UInt64 = 0
    }

    /// Releases the subscription with the journal that holds it.
    private final class Hold: Sendable {
        private let release: @Sendable () -> Void

        init(_ release: @escaping @Sendable () -> Void) { self.release = release }

        deinit { release() }
    }

    private let backplane: any ProgressBackplane
    private let service: ProgressService
    /// Called if the records of an operation that has not ended are gone.
    private let recordsLost: @Sendable () -> Void
    private let state = Mutex(State())

    init(
        _ backplane: any ProgressBackplane,
        service: ProgressService,
        recordsLost: @escaping @Sendable () -> Void
    ) {
        self.backplane = backplane
        self.service = service
        self.recordsLost = recordsLost
    }

    /// The number of copies.
    var count: Int { state.withLock { $0.entries.count } }

    /// The number of records that have arrived.
    var recordCount: UInt64 { state.withLock { $0.records } }

    /// The number of copies for which records had to be read again.
    var repairCount: Int { state.withLock { $0.repairs } }

    /// The node that has an operation of which there is a copy.
    func owner(of id: ProgressID) -> String? {
        state.withLock { $0.entries[id] }?.follower.owner
    }

    /// Returns the copy that exists of an operation; `nil` if there is none.
    func present(_ id: ProgressID) -> ProgressJournal? {
        state.withLock { $0.entries[id] }?.follower.journal
    }

    /// Returns the copy of an operation, and makes it if there is none.
    func copy(of id: ProgressID) async throws(BackplaneError) -> OperationCopy {
        if let journal = present(id) { return .journal(journal) }
        let follower = Follower(
            id,
            service: service,
            onRepair: { [weak self] in self?.state.withLock { $0.repairs += 1 } },
            onMissing: recordsLost
        )
        // The subscription comes first, so that no record is missed (invariant 4).
        let subscription = try await backplane.subscribe(to: id) { [weak self, weak follower] record in
            self?.state.withLock { $0.records += 1 }
            guard let self, let follower, follower.receive(record) else { return }
            Task { await self.repair(follower) }
        }
        let history: [BackplaneRecord]
        do throws(BackplaneError) {
            history = try await backplane.history(of: id)
        } catch {
            backplane.unsubscribe(subscription)
            throw error
        }
        guard let journal = follower.begin(with: history) else {
            backplane.unsubscribe(subscription)
            return if case .removed? = history.last.flatMap({ try? NodeRecord($0.payload) }) { .removed } else { .none }
        }
        return .journal(add(follower, subscription, journal))
    }

    /// Adds a copy, unless another caller has made one meanwhile.
    private func add(
        _ follower: Follower,
        _ subscription: BackplaneSubscription,
        _ journal: ProgressJournal
    ) -> ProgressJournal {
        let (other, number) = state.withLock { state -> (ProgressJournal?, UInt64) in
            if let other = state.entries[journal.id]?.follower.journal { return (other, 0) }
            state.lastNumber += 1
            let entry = Entry(follower: follower, subscription: subscription, number: state.lastNumber)
            state.entries[journal.id] = entry
            return (nil, entry.number)
        }
        if let other {
            backplane.unsubscribe(subscription)
            return other
        }
        journal.attach(
            Hold { [weak self, id = journal.id] in self?.release(id, number, subscription) }
        )
        return journal
    }

    private func release(_ id: ProgressID, _ number: UInt64, _ subscription: BackplaneSubscription) {
        state.withLock { state in
            if state.entries[id]?.number == number { state.entries[id] = nil }
        }
        backplane.unsubscribe(subscription)
    }

    // MARK: Repairing

    /// Reads the records of a copy, because a watcher knows a later revision: the subscription may be late.
    func catchUp(_ id: ProgressID) async throws(BackplaneError) {
        let history = try await backplane.history(of: id)
        state.withLock { $0.entries[id] }?.follower.take(history)
    }

    /// Reads the records of the copies that were quiet for a while, because the last record before a silence may be lost.
    ///
    /// - Parameters:
    ///   - time: The copies that have heard nothing since this time are checked.
    ///   - limit: The most copies to check.
    func checkQuiet(since time: Duration, atMost limit: Int) async {
        let followers = state.withLock { state in
            state.entries.values.lazy.map(\.follower).filter { $0.isQuiet(since: time) }.prefix(limit).map { $0 }
        }
        for follower in followers where follower.beginReading() {
            do throws(BackplaneError) {
                let newest = try await backplane.read(follower.id)
                if newest?.sequence == follower.sequence { follower.endReading(nil) } else { await repair(follower) }
            } catch {
                follower.endReading(nil)
            }
        }
    }

    private func repair(_ follower: Follower) async {
        follower.endReading(try? await backplane.history(of: follower.id))
    }
}
