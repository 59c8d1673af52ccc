// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials

/// The state of one operation, as a pure state machine.
///
/// The inputs are reports and times; the outputs are revisions.
///
/// Invariants (the numbers are those of the design):
/// - 2: revisions grow by one from 0 within the epoch.
/// - 6: an outcome is set once; every later report is refused and counted, and changes nothing.
/// - 8: the count never falls within one attempt, and the fraction is the quotient of the count and the total.
struct JournalState: Sendable {
    /// The time of an event: monotonic for arithmetic, and a calendar date for people.
    struct Now: Sendable {
        let monotonic: Duration
        let date: Date
    }

    var log: RevisionLog
    var counting = JournalCounting()
    var lease: Lease?
    private(set) var removal: ProgressRemoval?
    private(set) var refusedReports = 0
    var endedAt: Duration?
    /// The worker of the current attempt, if it has named itself.
    var worker: String?
    /// The time at which the open question is closed; `nil` without a deadline.
    var questionDeadline: Duration?
    /// The date of the end, if the operation was restored after its end.
    var restoredEnd: Date?
    /// The last revision of each former generation of cursors.
    var generationEnds: [UInt64] = []

    init(first: ProgressSnapshot, capacity: Int, lease: Lease?) {
        log = RevisionLog(first: first, capacity: capacity)
        self.lease = lease
    }

    var isEnded: Bool { endedAt != nil }
    var isOver: Bool { isEnded || removal != nil }

    // MARK: Reporting

    /// Applies a report as one revision, or counts and throws the refusal.
    mutating func apply(
        _ report: ProgressReport,
        ifMatch: ProgressCursor? = nil,
        now: Now
    ) throws(ProgressError) {
        do {
            try admit(report, ifMatch: ifMatch)
        } catch {
            refusedReports += 1
            throw error
        }
        if let duration = report.lease { lease?.setDuration(duration) }
        lease?.renew(now: now.monotonic)
        let isNewAttempt = report.attempt.map { $0 > log.newest.attempt } ?? false
        if isNewAttempt || report.worker != nil { worker = report.worker }
        // An empty report only renews the lease; it makes a revision only if the operation was stalled or pending.
        let isMissed = log.status == .stalled || log.status == .pending
        let isNothing = report.isEmpty || report.isVainWithdrawal(from: log.newest)
        if isNothing, !isMissed { return seal(now: now) }
        // The open tick is sealed first: it belongs to the counts and the attempt before this report.
        seal(now: now)
        if isNewAttempt { counting.beginAttempt() }
        counting.apply(report)
        let isWaiting = waits(after: report, isNewAttempt: isNewAttempt)
        counting.isWaiting = isWaiting
        noteDeadline(of: report, isWaiting: isWaiting, now: now)
        let current = counting.counts(at: now.monotonic)
        let counts = report.outcome == nil ? current : current?.atEnd
        log.append { next in
            next.apply(report, counts: counts)
            next.updatedAt = now.date
            next.applyQuestion(of: report, isWaiting: isWaiting)
        }
        if report.outcome != nil { endedAt = now.monotonic }
    }

    /// Applies a report of a state and its details; does the same as ``apply(_:ifMatch:now:)`` in fewer steps.
    mutating func update(_ state: String, details: JSONValue, now: Now) -> Bool {
        guard !isOver else {
            refusedReports += 1
            return false
        }
        lease?.renew(now: now.monotonic)
        seal(now: now)
        log.append(
            status: log.statusAfterReport,
            state: state,
            details: details,
            counts: counting.counts(at: now.monotonic),
            updatedAt: now.date
        )
        return true
    }

    private func admit(_ report: ProgressReport, ifMatch: ProgressCursor?) throws(ProgressError) {
        try admitChange()
        if let attempt = report.attempt { try admit(attempt: attempt) }
        try admit(worker: report.worker, attempt: report.attempt)
        if let ifMatch, log.newest.cursor != ifMatch || log.isTickOpen {
            throw ProgressError(
                .cursorMismatch,
                "The operation is at \(log.newest.cursor), not at \(ifMatch). Read the operation again before you report."
            )
        }
        try report.validate()
        if let labels = report.labels {
            try ProgressReport.validate(labels: log.newest.labels.merging(labels) { _, new in new })
        }
    }

    func admitChange() throws(ProgressError) {
        if removal != nil { throw ProgressError.gone(log.newest.id) }
        if isEnded {
            throw ProgressError(.ended, "The operation has ended (\(log.newest.status)); nothing can change it.")
        }
    }

    private func admit(attempt: Int) throws(ProgressError) {
        let current = log.newest.attempt
        if attempt < current {
            throw ProgressError(
                .staleAttempt,
                "This is attempt \(attempt), but attempt \(current) has begun. Stop working on this operation."
            )
        }
        if attempt > current + 1 {
            throw ProgressError(.invalidReport, "The attempt after \(current) is \(current + 1), not \(attempt).")
        }
    }

    /// Refuses a worker that is not the worker of the attempt, such as one that was taken for lost and comes back.
    private func admit(worker claimant: String?, attempt: Int?) throws(ProgressError) {
        let current = log.newest.attempt
        guard let claimant, let worker, attempt ?? current == current, !worker.hasBytes(of: claimant) else { return }
        throw ProgressError(
            .staleAttempt,
            "Another worker has attempt \(current). Stop working on this operation, or begin attempt \(current + 1)."
        )
    }

    /// Changes only the counts; an open tick, which no watcher has read, is overwritten in place.
    mutating func tick(_ change: (inout JournalCounting) -> Void, renewingAt now: Duration?) -> Bool {
        guard !isOver else {
            refusedReports += 1
            return false
        }
        if let now { lease?.renew(now: now) }
        change(&counting)
        log.openTick()
        return true
    }

    /// Folds units from `PendingCount` into the counts; does not renew the lease.
    mutating func count(_ units: Int64) {
        guard units > 0, !isOver else { return }
        counting.advance(CountTree.root, by: units)
        log.openTick()
    }

    // MARK: Stopping

    /// Applies a request to cancel; a second request changes nothing.
    ///
    /// - Parameters:
    ///   - isAccepted: Whether another service has decided that the operation accepts the request.
    ///   - now: The time of the request.
    /// - Throws: ``ProgressError`` if the operation has ended, is gone, or does not accept requests to cancel.
    mutating func requestCancel(isAccepted: Bool = false, now: Now) throws(ProgressError) {
        try admitChange()
        guard isAccepted || log.newest.isCancellable else {
            throw ProgressError(
                .notCancellable,
                "This operation does not accept requests to cancel: its worker did not declare it cancellable."
            )
        }
        guard log.status != .cancelling else { return }
        counting.isWaiting = false
        questionDeadline = nil
        transition(now: now) { next in
            next.status = .cancelling
            next.head.waitingFor = nil
        }
    }

    /// Ends an operation whose worker is lost; has no effect, and counts no refusal, after the end.
    mutating func endForLostWorker(_ problem: ProgressProblem, now: Now) -> Bool {
        guard !isOver else { return false }
        transition(now: now) { next in
            next.end(.failed(problem))
        }
        endedAt = now.monotonic
        return true
    }

    /// Stalls or ends the operation as its lease requires; returns whether a revision was made.
    mutating func checkLease(now: Now) -> Bool {
        guard !isOver, let standing = lease?.check(now: now.monotonic) else { return false }
        switch standing {
        case .held:
            return false
        case .lapsed:
            guard log.status != .stalled, log.status != .cancelling else { return false }
            transition(now: now) { $0.status = .stalled }
            return true
        case .lost:
            return endForLostWorker(.workerLost, now: now)
        }
    }

    mutating func remove(_ reason: ProgressRemoval) -> Bool {
        guard removal == nil else { return false }
        removal = reason
        return true
    }

    mutating func transition(now: Now, _ change: (inout ProgressSnapshot) -> Void) {
        seal(now: now)
        // The counts are computed again, because the rate falls while a worker is silent.
        let counts = counting.counts(at: now.monotonic)
        log.append { next in
            change(&next)
            next.counts = next.outcome == nil ? counts : counts?.atEnd
            next.updatedAt = now.date
        }
    }
}
