// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The worker's end of an operation: it reports, and never waits for anybody who watches.
///
/// Every call is synchronous, takes one short critical section at the most and cannot fail; what comes after the end is refused and
/// counted (invariants 1 and 6). A tracker may be used from any thread. When the last reference to one that
/// ``ProgressService/createProgress(id:options:)`` gave is released without an end, the operation fails as abandoned.
///
/// ```swift
/// let tracker = try service.createProgress()
/// tracker.update("Processing", details: ["percentComplete": 50, "currentStep": "Validating data"])
/// tracker.succeed(result: ["rows": 7])
/// ```
public final class ProgressTracker: Sendable {
    /// The journal that this tracker writes, or `nil` for ``noop``.
    let journal: ProgressJournal?
    private let ownsOperation: Bool

    init(journal: ProgressJournal?, ownsOperation: Bool) {
        self.journal = journal
        self.ownsOperation = ownsOperation
    }

    deinit {
        if ownsOperation { journal?.abandon() }
    }

    /// A tracker that drops everything: its identifier is empty and its start signal never fires.
    public static let noop = ProgressTracker(journal: nil, ownsOperation: false)

    /// The operation's identifier; empty for ``noop``.
    public var id: ProgressID { journal?.id ?? .empty }

    /// Whether this is ``noop``, which nobody can watch.
    public var isNoop: Bool { journal == nil }

    /// Tells when the first watcher is there.
    public var startSignal: StartSignal { StartSignal(journal: journal) }

    /// The newest snapshot, or `nil` for ``noop``.
    ///
    /// Seals the newest revision, as ``ProgressJournal/snapshot()`` does.
    public func snapshot() -> ProgressSnapshot? { journal?.snapshot() }

    /// How many reports were refused.
    public var refusedReportCount: Int { journal?.refusedReportCount ?? 0 }

    // MARK: Reporting

    /// Says what the worker is doing; without details, those before are cleared.
    ///
    /// - Parameters:
    ///   - state: What the worker is doing, such as `"Processing"`.
    ///   - details: What else there is to say.
    /// - Returns: Whether the report was taken; it is refused once the operation has ended.
    @discardableResult
    public func update(_ state: String, details: JSONValue = .null) -> Bool {
        guard let journal else { return false }
        return journal.update(state, details: details)
    }

    /// Says several things at once, as one revision.
    ///
    /// - Returns: Whether the report was taken; it is refused once the operation has ended, or where it is invalid.
    @discardableResult
    public func report(_ report: ProgressReport) -> Bool {
        guard let journal else { return false }
        return (try? journal.report(report)) != nil
    }

    /// Counts units done; watchers see it at the publishing rate, however often it is called.
    ///
    /// - Returns: Whether the count was taken; it is refused once the operation has ended.
    @discardableResult
    public func advance(by count: Int64 = 1) -> Bool {
        // Mostly one addition is all; the rest stands apart, and nothing is unwrapped before, since it would be retained.
        if journal == nil { return false }
        guard PendingCount.holds(count), let standing = journal?.pending.add(count) else {
            return advance(by: count, after: nil)
        }
        return standing.isFree || advance(by: count, after: standing)
    }

    @inline(never)
    private func advance(by count: Int64, after standing: PendingCount.Standing?) -> Bool {
        journal?.advance(by: count, after: standing) ?? false
    }

    /// Sets the counts at once, so that nobody sees one without the other; what is `nil` stays as it is.
    ///
    /// - Parameters:
    ///   - completed: Units done; a number that is lower than what is shown came late, and leaves that as it is.
    ///   - total: Units in all; `.some(nil)` says that nobody knows.
    ///   - unit: What is counted, such as `"rows"`.
    ///   - baseline: Units that were done before this run: they are done, but they are no speed.
    /// - Returns: Whether the counts were taken; they are refused once the operation has ended.
    @discardableResult
    public func setCounts(
        completed: Int64? = nil,
        total: Int64?? = nil,
        unit: String? = nil,
        baseline: Int64? = nil
    ) -> Bool {
        guard let journal else { return false }
        return journal.tick { counting in
            counting.set(completed: completed, total: total, unit: unit)
            if let baseline { counting.set(baseline: baseline) }
        }
    }

    /// Says which share is done, where the worker knows no more than that.
    ///
    /// It is shown until the counts have a fraction of their own, and never falls within an attempt.
    ///
    /// - Parameter fraction: From 0 to 1; anything else is refused.
    /// - Returns: Whether it was taken; it is refused once the operation has ended.
    @discardableResult
    public func setFraction(_ fraction: Double) -> Bool {
        guard let journal else { return false }
        guard ProgressReport.isFraction(fraction) else {
            // Refused by its own rule, and counted.
            var report = ProgressReport()
            report.fractionCompleted = fraction
            return self.report(report)
        }
        return journal.tick { $0.set(fraction: fraction) }
    }

    /// Begins a new attempt: counts, rate and fraction start anew.
    ///
    /// - Returns: Whether the attempt began; it does not once the operation has ended.
    @discardableResult
    public func beginAttempt(_ state: String = "Retrying", details: JSONValue = .null) -> Bool {
        guard let journal else { return false }
        var report = ProgressReport(state: state, details: details)
        report.attempt = journal.snapshot().attempt + 1
        return self.report(report)
    }

    // MARK: Ending

    /// Ends the operation, once and for all.
    ///
    /// - Parameters:
    ///   - outcome: How it ended.
    ///   - state: The last state; where it is `nil`, `"Succeeded"`, `"Failed"` or `"Cancelled"`.
    ///   - details: The last details; where both are `nil`, those before stay.
    /// - Returns: Whether this was the end; `false` where the operation had ended already.
    @discardableResult
    public func end(_ outcome: ProgressOutcome, state: String? = nil, details: JSONValue? = nil) -> Bool {
        guard journal != nil else { return false }
        var report = ProgressReport(state: state, details: details)
        report.outcome = outcome
        return self.report(report)
    }

    /// Ends the operation well, with an optional result.
    @discardableResult
    public func succeed(result: JSONValue? = nil) -> Bool { end(.succeeded(result: result)) }

    /// Ends the operation with what an error tells.
    @discardableResult
    public func fail(_ error: any Error) -> Bool { end(.failed(ProgressProblem(error))) }

    /// Ends the operation as cancelled.
    @discardableResult
    public func cancelled() -> Bool { end(.cancelled) }

    // MARK: Being asked to stop

    /// Whether someone has asked the operation to stop.
    public var isCancellationRequested: Bool { journal?.cancelRequested.hasFired ?? false }

    /// Returns when someone asks the operation to stop.
    ///
    /// - Throws: `CancellationError` when the waiting task is cancelled; ``ProgressError`` when the operation ends first.
    public func cancellationRequested() async throws {
        try await (journal?.cancelRequested ?? Latch()).wait()
    }
}
