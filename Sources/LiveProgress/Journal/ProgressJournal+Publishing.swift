// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// What a journal needs of the service that holds it.
struct JournalDependencies: Sendable {
    let clock: ProgressClock
    let retention: Duration
    let publishing: PublishScheduler
    let changes: ProgressChangeLog
    let deadlines: DeadlineScheduler
    let history: HistoryBudget

    func now() -> JournalState.Now {
        clock.read()
    }
}

extension ProgressJournal: ScheduledPublisher {
    /// What is left to do once the lock is released: foreign code is never called under it.
    private struct Effects {
        var wakers: Wakers.List = []
        var mustSchedule = false
        var isChanged = false
        var deadline: Duration?
        var isOver = false
    }

    /// Makes a revision, or an end, and publishes it.
    func write<Result>(
        _ change: (inout JournalState, JournalState.Now) throws(ProgressError) -> Result
    ) throws(ProgressError) -> Result {
        let now = dependencies.now()
        let (result, effects) = try state.withLock { state throws(ProgressError) in
            // Closed, so that after an end nothing is counted that the end does not show.
            state.core.count(pending.close())
            defer { if !state.core.isOver { pending.reopen() } }
            let before = state.core.log.newestRevision
            let wasRemoved = state.core.removal != nil
            let result = try change(&state.core, now)
            let isNews = state.core.log.newestRevision != before || (state.core.removal != nil) != wasRemoved
            return (result, isNews ? publish(&state, now: now.monotonic) : Effects())
        }
        perform(effects)
        return result
    }

    /// Makes a revision of a state and its details: the shortest way, which is what a worker pays for reporting.
    func update(_ text: String, details: JSONValue) -> Bool {
        let now = dependencies.now()
        let effects = state.withLock { state -> Effects? in
            state.core.count(pending.take())
            guard state.core.update(text, details: details, now: now) else { return nil }
            return publish(&state, now: now.monotonic)
        }
        guard let effects else { return false }
        perform(effects)
        return true
    }

    /// Changes the counts; watchers hear of it once in each publishing interval.
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

    /// Counts units that could not be added to what is pending, or tells of them.
    func advance(by count: Int64, after standing: PendingCount.Standing?) -> Bool {
        guard let standing, !standing.isClosed else { return tick { $0.advance(CountTree.root, by: count) } }
        return standing.isFree || tellOfPending()
    }

    /// Tells of units that the caller has just added; whoever held the lock before may have counted them already.
    private func tellOfPending() -> Bool {
        let now = dependencies.clock.now()
        let effects = state.withLock { state -> Effects in
            state.core.count(pending.take())
            guard !state.core.isOver else { return Effects() }
            state.core.lease?.renew(now: now)
            // While this tick is open, its readers will find whatever is added to it; a lease is renewed by every report.
            if state.core.log.isTickOpen, state.core.lease == nil { pending.free() }
            return publishTick(&state, now: now)
        }
        perform(effects)
        return true
    }

    private func publish(_ state: inout State, now: Duration) -> Effects {
        var effects = Effects(wakers: state.wakers.take(), isOver: state.core.isOver)
        effects.isChanged = markChanged(&state)
        effects.deadline = scheduleNext(&state, now: now)
        return effects
    }

    /// The first tick after a pause is published at once, the others at the end of their interval.
    private func publishTick(_ state: inout State, now: Duration) -> Effects {
        var effects = Effects()
        effects.isChanged = markChanged(&state)
        effects.deadline = scheduleNext(&state, now: now)
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
        if effects.mustSchedule { dependencies.publishing.schedule(self) }
        if effects.isChanged { dependencies.changes.noteChange(of: self) }
        if let deadline = effects.deadline { dependencies.deadlines.schedule(id, at: deadline) }
        if effects.isOver {
            started.close(ProgressError(.ended, "The operation ended before anybody watched it."))
            cancelRequested.close(ProgressError(.ended, "The operation ended before anybody asked it to stop."))
        }
    }

    /// Wakes the watchers at the end of an interval; its tick may have been closed by one who read, but not by all.
    func publishDue() {
        let now = dependencies.clock.now()
        let wakers = state.withLock { state in
            state.isPublishScheduled = false
            state.lastPublish = now
            return state.wakers.take()
        }
        for waker in wakers { waker.wake() }
    }

    /// Takes the mark that the change log asked for, so that the next change sets it again.
    func takeChangeMark() {
        state.withLock { state in
            state.isMarkedChanged = false
            state.core.count(pending.take())
        }
    }

    // MARK: Time

    /// Notes when the clock matters next; gives that time where the service must be told, because it is the earliest.
    private func scheduleNext(_ state: inout State, now: Duration) -> Duration? {
        guard state.core.removal == nil else { return nil }
        let next = state.core.endedAt.map { $0 + dependencies.retention } ?? state.core.lease?.nextChange(now: now)
        guard let next else { return nil }
        if let scheduled = state.scheduledDeadline, scheduled <= next { return nil }
        state.scheduledDeadline = next
        return next
    }

    /// Tells the service when the clock matters next: for a new journal with a lease, and after each deadline.
    func scheduleDeadline(isReached: Bool = false) {
        let now = dependencies.clock.now()
        let next = state.withLock { state -> Duration? in
            if isReached { state.scheduledDeadline = nil }
            return scheduleNext(&state, now: now)
        }
        if let next { dependencies.deadlines.schedule(id, at: next) }
    }

    /// The deadline that the service was told last.
    var scheduledDeadline: Duration? { state.withLock { $0.scheduledDeadline } }

    /// Does what is due at a deadline; gives whether the operation's retention is over.
    func deadlineReached() -> Bool {
        if checkTime() { return true }
        scheduleDeadline(isReached: true)
        return false
    }

    /// Brings the lease up to date with the clock; gives whether the operation's retention is over.
    func checkTime() -> Bool {
        // Checking the lease refuses nothing, so this cannot throw.
        _ = try? write { core, now in core.checkLease(now: now) }
        let now = dependencies.clock.now()
        return state.withLock { state in
            state.core.endedAt.map { $0 + dependencies.retention <= now } ?? false
        }
    }

    /// Takes the operation away from its watchers; they are told why.
    func remove(_ reason: ProgressRemoval) {
        _ = try? write { core, _ in core.remove(reason) }
        retire()
    }

    /// Gives back what was counted and held for it: the service does not hold the operation any more.
    ///
    /// Who still follows an operation that has ended, and whose place another one takes, gets its end.
    func retire() {
        let kept = state.withLock { state in
            state.isRetired = true
            dependencies.history.change(by: -state.core.log.sizes.total)
            state.core.log.sizes = RevisionSizes()
            return state.attachment.take()
        }
        // Released outside the lock: what it does then is not ours.
        withExtendedLifetime(kept) {}
    }

    /// Ends the operation for a tracker that was released without an end (invariant 7).
    func abandon() {
        _ = try? write { core, now in core.endForLostWorker(.abandoned, now: now) }
    }
}

extension ProgressJournal {
    /// Whether the service does not hold the operation any more: deleted, expired, or started anew.
    var isRetired: Bool {
        state.withLock { $0.isRetired }
    }

    /// Whether the operation has ended, for good.
    package var isEnded: Bool {
        state.withLock { $0.core.isEnded }
    }

    /// Tells those who follow all operations that this one is there.
    func announce() {
        let isChanged = state.withLock { markChanged(&$0) }
        if isChanged { dependencies.changes.noteChange(of: self) }
    }
}
