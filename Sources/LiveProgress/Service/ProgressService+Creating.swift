// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

extension ProgressService {
    /// Creates an operation whose worker is in this process.
    ///
    /// If the tracker is released without an end, the operation fails as abandoned.
    ///
    /// If the former operation with the identifier has ended, has expired or was deleted, a new operation with a new
    /// epoch replaces it. Watchers of a former operation that has ended still receive its end.
    ///
    /// - Parameters:
    ///   - id: The identifier; by default a random UUID.
    ///   - options: Title, labels and so on.
    /// - Returns: The worker's tracker.
    /// - Throws: ``ProgressError`` if an operation with the identifier has not ended, the labels break a rule, or the
    ///   service is full.
    public func createProgress(
        id: ProgressID = ProgressID(),
        options: ProgressOptions = .init()
    ) throws(ProgressError) -> ProgressTracker {
        let journal = try create(
            id: id,
            options: options,
            lease: nil,
            first: FirstReport(),
            inPlaceOf: endedJournal(id)
        )
        let tracker = ProgressTracker(journal: journal, ownsOperation: true)
        journal.state.withLock { $0.tracker = tracker }
        return tracker
    }

    /// Creates an operation whose worker is elsewhere and reports through the journal, at least once per lease.
    ///
    /// - Parameters:
    ///   - id: The identifier; by default a random UUID.
    ///   - options: Title, labels, lease and so on.
    /// - Returns: The operation's journal; it may replace a former one, as with ``createProgress(id:options:)``.
    /// - Throws: ``ProgressError`` if an operation with the identifier has not ended, the labels break a rule, or the
    ///   service is full.
    package func createJournal(
        id: ProgressID? = nil,
        options: ProgressOptions = .init()
    ) throws(ProgressError) -> ProgressJournal {
        try createJournal(id: id, options: options, inPlaceOf: endedJournal(id))
    }

    /// Creates an operation whose worker is elsewhere; the operation replaces `former` if that has ended.
    ///
    /// Watchers see the operation with its first report; if that is refused, no operation is created.
    ///
    /// - Throws: As above, and ``ProgressError/Code/gone`` if `followsDeleted` is `false` and the identifier belonged
    ///   to an operation that was deleted or has expired.
    package func createJournal(
        id: ProgressID?,
        options: ProgressOptions,
        first: FirstReport = FirstReport(),
        inPlaceOf former: ProgressJournal?,
        followsDeleted: Bool = true
    ) throws(ProgressError) -> ProgressJournal {
        let lease = Lease(
            duration: options.lease ?? configuration.lease,
            grace: configuration.leaseGrace,
            now: configuration.clock.now()
        )
        return try create(
            id: id,
            options: options,
            lease: lease,
            first: first,
            inPlaceOf: former,
            followsDeleted: followsDeleted
        )
    }

    private func create(
        id: ProgressID?,
        options: ProgressOptions,
        lease: Lease?,
        first: FirstReport,
        inPlaceOf former: ProgressJournal?,
        followsDeleted: Bool = true
    ) throws(ProgressError) -> ProgressJournal {
        try ProgressReport.validate(labels: options.labels)
        let id = id ?? configuration.makeID()
        var core = JournalState(
            first: firstSnapshot(id, options),
            capacity: configuration.journalCapacity,
            lease: lease
        )
        try core.apply(first, in: dependencies)
        let journal = ProgressJournal(core, dependencies: dependencies)
        try dropIfExpired(id)
        let mayReplace = former?.isEnded == true
        let now = configuration.clock.now()
        try state.withLock { state throws(ProgressError) in
            let present = state.journals[id]
            guard present == nil || (mayReplace && present === former) else { throw ProgressError.alreadyExists(id) }
            if !followsDeleted, let forgettable = state.tombstones[id], forgettable > now {
                throw ProgressError.gone(id)
            }
            try admit(newcomers: present == nil ? 1 : 0, to: state)
            state.journals[id] = journal
            state.order.put(id)
            if !state.tombstones.isEmpty {
                state.tombstones[id] = nil
                state.tombstoneOrder.remove(id)
            }
        }
        if mayReplace { former?.retire() }
        journal.countHistory()
        journal.announce()
        return journal
    }

    /// Checks the service's limits on operations and on history.
    private func admit(newcomers: Int, to state: State) throws(ProgressError) {
        guard state.journals.count + newcomers <= configuration.maximumOperations else {
            throw ProgressError(
                .tooManyOperations,
                "The service holds \(configuration.maximumOperations) operations, its limit. Try again later."
            )
        }
        guard !dependencies.history.isFull else {
            throw ProgressError(
                .historyFull,
                "The service keeps \(configuration.maximumHistoryBytes) bytes of reports, its limit. Try again later."
            )
        }
    }

    /// Returns the journal of an operation that exists and has ended, or `nil`.
    private func endedJournal(_ id: ProgressID?) -> ProgressJournal? {
        guard let id, let journal = try? getJournal(id), journal.isEnded else { return nil }
        return journal
    }

    private func firstSnapshot(_ id: ProgressID, _ options: ProgressOptions) -> ProgressSnapshot {
        let date = dependencies.now().date
        return ProgressSnapshot(
            id: id,
            cursor: ProgressCursor(epoch: configuration.makeEpoch(), revision: 0),
            title: options.title,
            parent: options.parent,
            labels: options.labels,
            isCancellable: options.isCancellable,
            createdAt: date,
            updatedAt: date
        )
    }
}
