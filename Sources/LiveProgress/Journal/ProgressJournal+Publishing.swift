// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// The parts of a service that its journals use.
struct JournalDependencies: Sendable {
    let clock: ProgressClock
    let retention: Duration
    let publishing: PublishScheduler
    let changes: ProgressChangeLog
    let deadlines: DeadlineScheduler
    let history: HistoryBudget
    /// The place to which all changes go; `nil` if they stay in memory.
    let sink: (any JournalSink)?
    /// The server on which the operations have addresses.
    let host: HostBox
    /// The way to the node that has the operations; `nil` for the operations of this service.
    var elsewhere: ElsewhereBox?

    func now() -> JournalState.Now {
        clock.read()
    }
}

extension ProgressJournal: ScheduledPublisher {
    /// The calls to make after the lock is released; foreign code is never called under the lock.
    private struct Effects {
        var wakers: Wakers.List = []
        var mustSchedule = false
        var isChanged = false
        var deadline: Duration?
        var isOver = false
        var mustWakeSink = false
    }

    /// Applies a change, and publishes it if it made a revision or removed the operation.
    func write<Result>(
        _ change: (inout JournalState, JournalState.Now) throws(ProgressError) -> Result
    ) throws(ProgressError) -> Result {
        let now = dependencies.now()
        let (result, effects, asking) = try state.withLock { state throws(ProgressError) in
            // The pending count is closed, so that no unit is accepted after an end that does not include it.
            state.core.count(pending.close())
            defer { if !state.core.isOver { pending.reopen() } }
            let before = state.core.log.newestRevision
            let wasRemoved = state.core.removal != nil
            let result = try change(&state.core, now)
            let isNews = state.core.log.newestRevision != before || (state.core.removal != nil) != wasRemoved
            return (result, isNews ? publish(&state) : Effects(), isNews ? state.asking : nil)
        }
        perform(effects)
        asking?.wake()
        return result
    }

    /// Applies a report of a state and its details in as few steps as possible, because it is the most frequent report.
    func update(_ text: String, details: JSONValue) -> Bool {
        let now = dependencies.now()
        let effects = state.withLock { state -> Effects? in
            state.core.count(pending.take())
            guard state.core.update(text, details: details, now: now) else { return nil }
            return publish(&state)
        }
        guard let effects else { return false }
        perform(effects)
        return true
    }

    /// Changes the counts; wakes watchers at most once in each publishing interval.
    func tick(_ change: (inout JournalCounting) -> Void) -> Bool {
        let now = dependencies.clock.now()
        let effects = state.withLock { state -> Effects? in
            state.core.count(pending.take())
            guard state.core.tick(change, renewingAt: now) else { return nil }
            return publishTick(&state, now: now)
        }
        guard let effects else { return false }
        perform(effects)
        return true
    }

    /// Counts units that the pending count did not accept, or announces units that it accepted.
    func advance(by count: Int64, after standing: PendingCount.Standing?) -> Bool {
        guard let standing, !standing.isClosed else { return tick { $0.advance(CountTree.root, by: count) } }
        return standing.isFree || tellOfPending()
    }

    /// Announces units that the caller has just added; an earlier lock holder may have counted them already.
    private func tellOfPending() -> Bool {
        let now = dependencies.clock.now()
        let effects = state.withLock { state -> Effects in
            state.core.count(pending.take())
            guard !state.core.isOver else { return Effects() }
            state.core.lease?.renew(now: now)
            // While the tick is open, its readers find all units added later. With a lease, each report must renew it.
            if state.core.log.isTickOpen, state.core.lease == nil { pending.free() }
            return publishTick(&state, now: now)
        }
        perform(effects)
        return true
    }

    private func publish(_ state: inout State, toSink: Bool = true) -> Effects {
        var effects = Effects(wakers: state.wakers.take(), isOver: state.core.isOver)
        effects.isChanged = markChanged(&state)
        effects.mustWakeSink = toSink && markDirty(&state)
        effects.deadline = scheduleNext(&state)
        return effects
    }

    /// Publishes the first tick after a pause immediately, and later ticks at the end of their interval.
    private func publishTick(_ state: inout State, now: Duration) -> Effects {
        var effects = Effects()
        effects.isChanged = markChanged(&state)
        effects.mustWakeSink = markDirty(&state)
        effects.deadline = scheduleNext(&state)
        guard !state.isPublishScheduled, !state.wakers.isEmpty else { return effects }
        if let lastPublish = state.lastPublish, now - lastPublish < dependencies.publishing.interval {
            state.isPublishScheduled = true
            effects.mustSchedule = true
        } else {
            state.lastPublish = now
            effects.wakers = state.wakers.take()
        }
        return effects
    }

    private func markChanged(_ state: inout State) -> Bool {
        guard !state.isMarkedChanged, dependencies.changes.isWatched else { return false }
        state.isMarkedChanged = true
        return true
    }

    private func perform(_ effects: Effects) {
        for waker in effects.wakers { waker.wake() }
        if effects.mustWakeSink { dependencies.sink?.wake() }
        if effects.mustSchedule { dependencies.publishing.schedule(self) }
        if effects.isChanged { dependencies.changes.noteChange(of: self) }
        if let deadline = effects.deadline { dependencies.deadlines.schedule(id, at: deadline) }
        if effects.isOver {
            started.close(ProgressError(.ended, "The operation ended before a watcher joined."))
            cancelRequested.close(ProgressError(.ended, "The operation ended before it was asked to stop."))
        }
    }

    /// Wakes the watchers at the end of an interval, even if one watcher has read the tick already.
    func publishDue() {
        let now = dependencies.clock.now()
        let wakers = state.withLock { state in
            state.isPublishScheduled = false
            state.lastPublish = now
            return state.wakers.take()
        }
        for waker in wakers { waker.wake() }
    }

    /// Clears the mark for the change log, so that the next change sets it again.
    func takeChangeMark() {
        state.withLock { state in
            state.isMarkedChanged = false
            state.core.count(pending.take())
        }
    }

    // MARK: Time

    /// Records the next deadline, and returns it if the caller must schedule it.
    private func scheduleNext(_ state: inout State) -> Duration? {
        guard state.core.removal == nil else { return nil }
        let next = state.core.endedAt.map { $0 + dependencies.retention } ?? state.core.nextChange
        guard let next else { return nil }
        if let scheduled = state.scheduledDeadline, scheduled <= next { return nil }
        state.scheduledDeadline = next
        return next
    }

    /// Schedules the next deadline, after one that was reached or after a restart.
    func scheduleDeadline() {
        let next = state.withLock { state -> Duration? in
            state.scheduledDeadline = nil
            return scheduleNext(&state)
        }
        if let next { dependencies.deadlines.schedule(id, at: next) }
    }

    /// The deadline that was scheduled last.
    var scheduledDeadline: Duration? { state.withLock { $0.scheduledDeadline } }

    /// Handles a deadline; returns whether the operation's retention is over.
    func deadlineReached() -> Bool {
        if checkTime() { return true }
        scheduleDeadline()
        return false
    }

    /// Checks the lease against the clock; returns whether the operation's retention is over.
    func checkTime() -> Bool {
        // Checking refuses nothing, so this cannot throw.
        _ = try? write { core, now in (core.checkLease(now: now), core.checkQuestion(now: now)) }
        let now = dependencies.now()
        return state.withLock { $0.core.isExpired(retention: dependencies.retention, now: now) }
    }

    /// Removes the operation, and publishes the reason to its watchers.
    package func remove(_ reason: ProgressRemoval) {
        _ = try? write { core, _ in core.remove(reason) }
        retire()
    }

    /// Releases the history and the attachment of an operation that the service no longer holds.
    ///
    /// Watchers of an ended operation that another operation replaced still receive its end.
    func retire() {
        let kept = state.withLock { state in
            state.isRetired = true
            dependencies.history.change(by: -state.core.log.notes.totalBytes)
            state.core.log.notes = RevisionNotes()
            return state.attachment.take()
        }
        // The attachment is released outside the lock, because its `deinit` is foreign code.
        withExtendedLifetime(kept) {}
    }

    /// Ends the operation as abandoned, because its tracker was released without an end (invariant 7).
    func abandon() {
        _ = try? write { core, now in core.endForLostWorker(.abandoned, now: now) }
    }
}

extension ProgressJournal {
    /// Whether the service no longer holds the operation: it was deleted, has expired, or was replaced.
    var isRetired: Bool {
        state.withLock { $0.isRetired }
    }

    /// Whether the operation has ended.
    package var isEnded: Bool {
        state.withLock { $0.core.isEnded }
    }

    /// Notes the new operation in the change log and, unless it is there already, for the store, and schedules its deadline.
    func announce(toSink: Bool = true) {
        perform(state.withLock { publish(&$0, toSink: toSink) })
    }
}
