// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// What a service does as one of several nodes.
extension ProgressService {
    /// Creates the copy of an operation that another node has, for the watchers of this node.
    ///
    /// The service does not hold the copy: the copy exists as long as something watches it.
    package func copy(of stored: StoredOperation) -> ProgressJournal {
        let core = JournalState(
            following: stored,
            capacity: configuration.journalCapacity,
            now: dependencies.now()
        )
        return ProgressJournal(core, dependencies: dependenciesOfCopies)
    }

    /// Returns the journal of an operation that this node has; `nil` if another node may have it.
    package func ownJournal(_ id: ProgressID) -> ProgressJournal? {
        try? dropIfExpired(id)
        return state.withLock { $0.journals[id] }
    }

    /// Whether this node has an operation, or remembers that it was removed.
    package func knows(_ id: ProgressID) -> Bool {
        state.withLock { $0.journals[id] != nil || $0.tombstones[id] != nil }
    }

    /// Holds an operation that this node has taken over; the limits of the service do not apply.
    ///
    /// - Parameters:
    ///   - journal: The journal, from ``restored(_:wasClosed:)``.
    ///   - position: The newest revision that the nodes' records have.
    /// - Returns: Whether the service holds it; `false` if it has another operation with the identifier.
    package func hold(_ journal: ProgressJournal, storedUpTo position: UInt64) -> Bool {
        let isHeld = state.withLock { state in
            guard state.journals[journal.id] == nil else { return false }
            state.journals[journal.id] = journal
            state.order.put(journal.id)
            if state.tombstones.removeValue(forKey: journal.id) != nil { state.tombstoneOrder.remove(journal.id) }
            return true
        }
        guard isHeld else { return false }
        journal.begin(storedUpTo: position)
        journal.announce(toSink: false)
        return true
    }

    /// Lets leases, questions and retentions wait, because another node may decide on the operations meanwhile.
    package func holdDeadlines() { dependencies.deadlines.hold() }

    /// Decides on the leases, questions and retentions that have waited.
    package func releaseDeadlines() { dependencies.deadlines.release() }

    /// Forgets an operation that another node has now; its watchers connect again, and follow the other node.
    ///
    /// - Returns: Whether this node had the operation until now.
    @discardableResult
    package func giveUp(_ journal: ProgressJournal) -> Bool {
        let wasHeld = state.withLock { state in
            guard state.journals[journal.id] === journal else { return false }
            state.journals[journal.id] = nil
            state.order.remove(journal.id)
            return true
        }
        guard wasHeld else { return false }
        journal.remove(.moved)
        changes.noteRemoval(of: journal)
        return true
    }
}

/// The way from the copies of operations to the nodes that have these operations.
final class ElsewhereBox: Sendable {
    private let state = Mutex<(@Sendable (ProgressID) -> Void)?>(nil)

    /// Asks the node of an operation to cancel it.
    var requestCancel: (@Sendable (ProgressID) -> Void)? {
        get { state.withLock(\.self) }
        set { state.withLock { $0 = newValue } }
    }
}

extension ProgressService {
    /// Sets how copies ask the nodes that have their operations to cancel.
    package func setCancelElsewhere(_ request: @escaping @Sendable (ProgressID) -> Void) {
        dependenciesOfCopies.elsewhere?.requestCancel = request
    }
}

extension ProgressJournal {
    /// Checks a request to cancel by the rules of the operation, and passes it on to the operation's node.
    func requestCancel(_ elsewhere: ElsewhereBox) throws(ProgressError) -> ProgressSnapshot {
        let now = dependencies.now()
        let snapshot = try state.withLock { state throws(ProgressError) in
            var core = state.core
            try core.requestCancel(now: now)
            return state.core.log.newest
        }
        if snapshot.status != .cancelling { elsewhere.requestCancel?(id) }
        return snapshot
    }

    /// Notes that a watcher on another node has joined.
    package func noteWatcherElsewhere() { started.fire() }
}

extension ProgressSnapshot {
    /// The snapshot with neither details nor a result, for a list that it does not fit into otherwise.
    package var withoutDetails: ProgressSnapshot {
        var copy = self
        copy.details = .null
        if case .succeeded = copy.outcome { copy.head.outcome = .succeeded(result: .null) }
        return copy
    }
}

extension ProgressChangeLog {
    /// Whether anybody watches the feed besides a number of streams.
    package func hasWatchers(besides streams: Int) -> Bool {
        state.withLock { $0.wakers.count - ($0.streams > 0 ? 1 : 0) + $0.streams > streams }
    }

    /// Notes that the copy of another node's operation has changed.
    package func noteChange(ofCopy journal: ProgressJournal) { noteChange(of: journal) }

    /// Notes that another node has removed an operation.
    package func noteRemoval(ofCopy journal: ProgressJournal) { noteRemoval(of: journal) }
}
