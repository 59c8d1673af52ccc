// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Synchronization

/// Finds the tower of a source, or builds it.
final class BellTowers: Sendable {
    private struct Entry {
        weak var tower: BellTower?
    }

    private let entries = Mutex<[ObjectIdentifier: Entry]>([:])

    /// How many sources have a tower.
    var count: Int {
        entries.withLock { $0.values.count { $0.tower != nil } }
    }

    /// The tower of an operation.
    func tower(of journal: ProgressJournal) -> BellTower {
        tower(ObjectIdentifier(journal)) { waker in
            let subscription = journal.subscribe(waker)
            return { journal.unsubscribe(subscription) }
        }
    }

    /// The tower of all operations of a service.
    func tower(of service: ProgressService) -> BellTower {
        tower(ObjectIdentifier(service)) { waker in
            let subscription = service.subscribeToChanges(waker)
            return { service.changes.unsubscribe(subscription) }
        }
    }

    /// The tower of a source that outlives it.
    ///
    /// It is built outside of the lock; of two that are built at the same time one is thrown away again.
    private func tower(
        _ source: ObjectIdentifier,
        subscribe: (any ProgressWaker) -> BellTower.Unsubscribe
    ) -> BellTower {
        if let present = entries.withLock({ $0[source]?.tower }) { return present }
        let built = BellTower(subscribe: subscribe)
        return entries.withLock { entries in
            if let present = entries[source]?.tower { return present }
            entries = entries.filter { $0.value.tower != nil }
            entries[source] = Entry(tower: built)
            return built
        }
    }
}
