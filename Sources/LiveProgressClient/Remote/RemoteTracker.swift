// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress
public import LiveProgressWire

/// The worker's end of an operation on a server, with the calls of `ProgressTracker`.
///
/// Reporting never waits: each call notes what there is to say and returns, and one task in the background brings it
/// to the server: every transition in its order, counts at most ten times a second. While the server is away, what
/// has been reported waits, in bounded memory. Wait for ``flush(timeout:)`` before the process exits.
///
/// ```swift
/// let tracker = try await client.createTracker(options: ProgressOptions(title: "Import"))
/// tracker.update("Reading", details: ["file": "a.csv"])
/// tracker.succeed()
/// try await tracker.flush()
/// ```
/// A tracker that is silent keeps its lease by itself. One that is released without an end ends the operation as
/// abandoned. One whose operation is cancellable also watches it, so as to learn of a request to cancel at once.
public final class RemoteTracker: Sendable {
    private let reporter: RemoteReporter
    /// The tokens that the server handed on when this tracker created the operation; `nil` where there are none.
    ///
    /// The tracker reports by the first one, so that who creates need not be allowed to report as well. Once that one is
    /// not taken any more, as after its time, the client's own token counts again.
    public let tokens: ProgressTokens?

    init(client: ProgressClient, snapshot: ProgressSnapshot, tokens: ProgressTokens? = nil) {
        self.tokens = tokens
        reporter = RemoteReporter(client: client, snapshot: snapshot, token: tokens?.report)
        reporter.start()
    }

    deinit {
        reporter.abandon()
    }

    /// The operation.
    public var id: ProgressID { reporter.id }

    /// The operation's whole URL, to watch it at.
    public var url: String { ProgressTarget(server: reporter.client.server, id: id).url }

    /// The URL for people: its fragment holds the token to watch with, where there is one, and nobody else's.
    ///
    /// Browsers send no fragment to any server. Whoever has the link may watch.
    public var link: String { tokens.map { "\(url)#token=\($0.watch)" } ?? url }

    /// The newest snapshot that the server has answered with.
    public var snapshot: ProgressSnapshot { reporter.snapshot }

    /// Why the server takes no more reports, where it does not.
    ///
    /// Such as deleted, ended by another worker, or fenced off. Reports are dropped then.
    public var failure: ProgressClientError? { reporter.failure }

    /// How many reports the server refused as invalid, or had to be folded into later ones for want of memory.
    public var droppedReportCount: Int { reporter.droppedReportCount }

    // MARK: Reporting

    /// Says what the worker is doing; without details, those before are cleared.
    ///
    /// - Returns: Whether the report was taken; it is refused once the operation has ended.
    @discardableResult
    public func update(_ state: String, details: JSONValue = .null) -> Bool {
        report(ProgressReport(state: state, details: details))
    }

    /// Says several things at once, as one revision.
    ///
    /// - Returns: Whether the report was taken; it is refused once the operation has ended.
    @discardableResult
    public func report(_ report: ProgressReport) -> Bool {
        reporter.push(report)
    }

    /// Counts units done.
    ///
    /// - Returns: Whether the count was taken; it is refused once the operation has ended.
    @discardableResult
    public func advance(by count: Int64 = 1) -> Bool {
        var report = ProgressReport()
        report.advance = count
        return reporter.push(report)
    }

    /// Sets the counts at once; what is `nil` stays as it is.
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
        var report = ProgressReport()
        report.completedCount = completed
        report.totalCount = total
        report.unit = unit
        report.baselineCount = baseline
        return reporter.push(report)
    }

    /// Says which share is done, where the worker knows no more than that.
    ///
    /// It is shown until the counts have a fraction of their own, and never falls within an attempt.
    ///
    /// - Parameter fraction: From 0 to 1; anything else is refused.
    /// - Returns: Whether it was taken; it is refused once the operation has ended.
    @discardableResult
    public func setFraction(_ fraction: Double) -> Bool {
        guard ProgressReport.isFraction(fraction) else { return false }
        var report = ProgressReport()
        report.fractionCompleted = fraction
        return reporter.push(report)
    }

    // MARK: Ending

    /// Ends the operation, once and for all.
    ///
    /// - Parameters:
    ///   - outcome: How it ended.
    ///   - state: The last state, or `nil` to leave it to the server.
    ///   - details: The last details.
    /// - Returns: Whether this was the end; `false` where the operation had ended already.
    @discardableResult
    public func end(_ outcome: ProgressOutcome, state: String? = nil, details: JSONValue? = nil) -> Bool {
        var report = ProgressReport(state: state, details: details)
        report.outcome = outcome
        return reporter.push(report)
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

    /// Waits until the server has all that was reported before the call.
    ///
    /// - Parameter timeout: How long to wait at most, or `nil` for as long as it takes.
    /// - Throws: ``ProgressClientError``: ``ProgressClientError/Code/timedOut``,
    ///   ``ProgressClientError/Code/cancelled``, or the ``failure``.
    public func flush(timeout: Duration? = nil) async throws(ProgressClientError) {
        try await reporter.flush(timeout: timeout)
    }

    // MARK: Being asked to stop

    /// Whether someone has asked the operation to stop.
    public var isCancellationRequested: Bool { reporter.isCancellationRequested }

    /// Returns when someone asks the operation to stop.
    ///
    /// - Throws: ``ProgressClientError``: ``ProgressClientError/Code/cancelled`` when the waiting task is cancelled,
    ///   ``ProgressClientError/Code/ended`` when the operation ends first, or the ``failure``.
    public func cancellationRequested() async throws(ProgressClientError) {
        try await reporter.cancellationRequested()
    }
}

extension ProgressClient {
    /// Creates an operation, and gives the worker's end of it; one of that identifier that has ended starts anew.
    ///
    /// - Parameters:
    ///   - id: The identifier, or `nil` to let the server choose one.
    ///   - options: Title, parent, labels and the like.
    ///   - report: What is known from the start.
    /// - Returns: A tracker that reports in the background.
    /// - Throws: Such as ``ProgressClientError/Code/unreachable`` or ``ProgressClientError/Code/alreadyExists``.
    public func createTracker(
        id: ProgressID? = nil,
        options: ProgressOptions = ProgressOptions(),
        report: ProgressReport? = nil
    ) async throws(ProgressClientError) -> RemoteTracker {
        let created = try await create(id: id, options: options, report: report)
        return RemoteTracker(client: self, snapshot: created.snapshot, tokens: created.tokens)
    }

    /// The worker's end of an operation that exists already.
    ///
    /// - Parameter id: The operation.
    /// - Returns: A tracker that reports in the background.
    /// - Throws: Such as ``ProgressClientError/Code/unknown`` or ``ProgressClientError/Code/ended``.
    public func tracker(for id: ProgressID) async throws(ProgressClientError) -> RemoteTracker {
        let snapshot = try await get(id)
        guard snapshot.outcome == nil else {
            throw ProgressClientError(.ended, "Operation \(id) has ended; nothing more can be reported on it.")
        }
        return RemoteTracker(client: self, snapshot: snapshot)
    }
}
