// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The worker's handle of an operation; it reports, and never waits for a watcher.
///
/// Every call that reports is synchronous, takes at most one short critical section, and cannot fail. Reports after the
/// end are refused and counted (invariants 1 and 6). A tracker may be used from any thread. If the last reference to a
/// tracker from ``ProgressService/createProgress(id:options:)`` is released without an end, the operation fails as
/// abandoned.
///
/// ```swift
/// let tracker = try service.createProgress()
/// tracker.update("Processing", details: ["percentComplete": 50, "currentStep": "Validating data"])
/// tracker.succeed(result: ["rows": 7])
/// ```
public final class ProgressTracker: Sendable {
    /// The journal that this tracker writes, or `nil` for ``noop``.
    package let journal: ProgressJournal?
    private let ownsOperation: Bool

    init(journal: ProgressJournal?, ownsOperation: Bool) {
        self.journal = journal
        self.ownsOperation = ownsOperation
    }

    deinit {
        if ownsOperation { journal?.abandon() }
    }

    /// The tracker that drops every report; its identifier is empty, and its start signal never fires.
    public static let noop = ProgressTracker(journal: nil, ownsOperation: false)

    /// The operation's identifier; empty for ``noop``.
    public var id: ProgressID { journal?.id ?? .empty }

    /// Whether this is ``noop``, which cannot be watched.
    public var isNoop: Bool { journal == nil }

    /// The signal that fires when the first watcher joins.
    public var startSignal: StartSignal { StartSignal(journal: journal) }

    /// Returns the newest snapshot, or `nil` for ``noop``.
    ///
    /// The call seals the newest revision: units counted later make a new revision.
    public func snapshot() -> ProgressSnapshot? { journal?.snapshot() }

    /// The number of watchers at this moment; zero for ``noop``.
    public var watcherCount: Int { journal?.watcherCount ?? 0 }

    /// The number of refused reports.
    public var refusedReportCount: Int { journal?.refusedReportCount ?? 0 }

    // MARK: Reporting

    /// Reports what the worker is doing; without details, the earlier details are cleared.
    ///
    /// - Parameters:
    ///   - state: A short text for people, such as `"Processing"`.
    ///   - details: Any further information.
    /// - Returns: Whether the report was accepted; after the end it is refused.
    @discardableResult
    public func update(_ state: String, details: JSONValue = .null) -> Bool {
        guard let journal else { return false }
        return journal.update(state, details: details)
    }

    /// Reports several members together, as one revision.
    ///
    /// - Returns: Whether the report was accepted; it is refused after the end, or if it is invalid.
    @discardableResult
    public func report(_ report: ProgressReport) -> Bool {
        guard let journal else { return false }
        return (try? journal.report(report)) != nil
    }

    /// Counts completed units; watchers see the count at the publishing rate, however often this is called.
    ///
    /// - Returns: Whether the count was accepted; after the end it is refused.
    @discardableResult
    public func advance(by count: Int64 = 1) -> Bool {
        // One addition is usually enough; the rest is a separate function. Unwrapping `journal` would retain it.
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

    /// Sets the counts together, so that no watcher sees one without the other; `nil` leaves a count unchanged.
    ///
    /// - Parameters:
    ///   - completed: The completed units; a number lower than the current one arrived late and is ignored.
    ///   - total: The total units; ``setTotal(_:unit:)`` makes them unknown.
    ///   - unit: The unit that is counted, such as `"rows"`.
    ///   - baseline: The units completed before this run; they do not count for the rate.
    /// - Returns: Whether the counts were accepted; after the end they are refused.
    @discardableResult
    public func setCounts(
        completed: Int64? = nil,
        total: Int64? = nil,
        unit: String? = nil,
        baseline: Int64? = nil
    ) -> Bool {
        guard let journal else { return false }
        return journal.tick { counting in
            counting.set(completed: completed, total: total.map(ProgressTotal.count), unit: unit)
            if let baseline { counting.set(baseline: baseline) }
        }
    }

    /// Sets the total, or makes it unknown.
    ///
    /// - Returns: Whether the total was accepted; after the end it is refused.
    @discardableResult
    public func setTotal(_ total: ProgressTotal, unit: String? = nil) -> Bool {
        journal?.tick { $0.set(completed: nil, total: total, unit: unit) } ?? false
    }

    /// Sets the completed fraction, for a worker that knows no counts.
    ///
    /// The fraction is shown until the counts have a fraction, and never falls within an attempt.
    ///
    /// - Parameter fraction: A number from 0 to 1; any other number is refused.
    /// - Returns: Whether the fraction was accepted; after the end it is refused.
    @discardableResult
    public func setFraction(_ fraction: Double) -> Bool {
        guard let journal else { return false }
        guard ProgressReport.isFraction(fraction) else {
            // The report is refused as invalid, and the refusal is counted.
            return report(ProgressReport(fractionCompleted: fraction))
        }
        return journal.tick { $0.set(fraction: fraction) }
    }

    /// Begins a new attempt: counts, rate and fraction start again.
    ///
    /// - Returns: Whether the attempt began; after the end it does not begin.
    @discardableResult
    public func beginAttempt(_ state: String = "Retrying", details: JSONValue = .null) -> Bool {
        journal?.beginAttempt(state, details: details) ?? false
    }

    // MARK: Ending

    /// Ends the operation, once and for all.
    ///
    /// - Parameters:
    ///   - outcome: The outcome of the operation.
    ///   - state: The last state; if `nil`, it is `"Succeeded"`, `"Failed"` or `"Cancelled"`.
    ///   - details: The last details; if `state` and `details` are both `nil`, the earlier details stay.
    /// - Returns: Whether this call ended the operation; `false` if it had ended already.
    @discardableResult
    public func end(_ outcome: ProgressOutcome, state: String? = nil, details: JSONValue? = nil) -> Bool {
        report(ProgressReport(state: state, details: details, outcome: outcome))
    }

    /// Ends the operation as succeeded, with an optional result.
    @discardableResult
    public func succeed(result: JSONValue? = nil) -> Bool { end(.succeeded(result: result)) }

    /// Ends the operation as failed, with the problem of an error.
    @discardableResult
    public func fail(_ error: any Error) -> Bool { end(.failed(ProgressProblem(error))) }

    /// Ends the operation as cancelled.
    @discardableResult
    public func cancel() -> Bool { end(.cancelled) }

    // MARK: Cancelling

    /// Whether a client has asked the operation to stop.
    public var isCancellationRequested: Bool { journal?.cancelRequested.hasFired ?? false }

    /// Returns when a client asks the operation to stop.
    ///
    /// - Throws: `CancellationError` if the waiting task is cancelled; ``ProgressError`` if the operation ends first.
    public func cancellationRequested() async throws {
        try await (journal?.cancelRequested ?? Latch()).wait()
    }
}
