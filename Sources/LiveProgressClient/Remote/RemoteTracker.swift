// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress
internal import LiveProgressWire

/// The worker's handle of an operation on a server, with the calls of `ProgressTracker`.
///
/// Reporting never waits: each call adds a report to a queue and returns. A background task sends the reports to the
/// server: every transition in order, counts at most ten times per second. While the server is unreachable, the reports
/// wait in bounded memory. Call ``flush(timeout:)`` before the process exits.
///
/// ```swift
/// let tracker = try await client.createTracker(options: ProgressOptions(title: "Import"))
/// tracker.update("Reading", details: ["file": "a.csv"])
/// tracker.succeed()
/// try await tracker.flush()
/// ```
/// A silent tracker renews its lease automatically. A tracker that is released without an end ends the operation as
/// abandoned. If the operation is cancellable, the tracker also watches it, so that a request to cancel arrives
/// immediately.
public final class RemoteTracker: Sendable {
    private let reporter: RemoteReporter
    /// The tokens that the server issued when this tracker created the operation; `nil` if the server issued none.
    ///
    /// The tracker reports with the first token, so the client's own token needs no permission to report. If the server
    /// refuses the first token, such as after its expiry, the tracker uses the client's own token.
    public let tokens: ProgressTokens?

    init(client: ProgressClient, snapshot: ProgressSnapshot, tokens: ProgressTokens? = nil) {
        self.tokens = tokens
        reporter = RemoteReporter(client: client, snapshot: snapshot, token: tokens?.report)
        reporter.start()
    }

    deinit {
        reporter.abandon()
    }

    /// The identifier of the operation.
    public var id: ProgressID { reporter.id }

    /// The whole URL of the operation, for watchers.
    @_spi(Server) public var url: String { ProgressTarget(server: reporter.client.server, id: id).url }

    /// The URL for a browser; its fragment has the token for watchers, if the server issued tokens.
    ///
    /// Browsers do not send the fragment to a server. Everyone who has the link may watch.
    public var link: String { tokens.map { "\(url)#token=\($0.watch)" } ?? url }

    /// The newest snapshot that the server has sent.
    public var snapshot: ProgressSnapshot { reporter.snapshot }

    /// Why the server accepts no more reports; `nil` while the server accepts reports.
    ///
    /// For example, the operation was deleted, another worker ended it, or a later attempt has begun. Further reports
    /// are dropped.
    public var failure: ProgressClientError? { reporter.failure }

    /// The number of reports that the server refused as invalid, or that a full queue merged into later reports.
    public var droppedReportCount: Int { reporter.droppedReportCount }

    // MARK: Reporting

    /// Reports the state of the work; without `details` the earlier details are cleared.
    ///
    /// - Returns: Whether the report was accepted; `false` after the operation has ended.
    @discardableResult
    public func update(_ state: String, details: JSONValue = .null) -> Bool {
        report(ProgressReport(state: state, details: details))
    }

    /// Reports several changes as one revision.
    ///
    /// - Returns: Whether the report was accepted; `false` after the operation has ended.
    @discardableResult
    public func report(_ report: ProgressReport) -> Bool {
        reporter.push(report)
    }

    /// Adds completed units to the count.
    ///
    /// - Returns: Whether the count was accepted; `false` after the operation has ended.
    @discardableResult
    public func advance(by count: Int64 = 1) -> Bool {
        reporter.push(ProgressReport(advance: count))
    }

    /// Sets the counts; an argument that is `nil` changes nothing.
    ///
    /// - Parameters:
    ///   - completed: Completed units; a number below the current count is late, and is ignored.
    ///   - total: Total units; ``setTotal(_:unit:)`` makes them unknown.
    ///   - unit: The unit, such as `"rows"`.
    ///   - baseline: Units completed before this run; they do not count for the throughput.
    /// - Returns: Whether the counts were accepted; `false` after the operation has ended.
    @discardableResult
    public func setCounts(
        completed: Int64? = nil,
        total: Int64? = nil,
        unit: String? = nil,
        baseline: Int64? = nil
    ) -> Bool {
        reporter.push(
            ProgressReport(
                completedCount: completed,
                totalCount: total.map(ProgressTotal.count),
                unit: unit,
                baselineCount: baseline
            )
        )
    }

    /// Sets the total, or makes it unknown.
    ///
    /// - Returns: Whether the total was accepted; `false` after the operation has ended.
    @discardableResult
    public func setTotal(_ total: ProgressTotal, unit: String? = nil) -> Bool {
        reporter.push(ProgressReport(totalCount: total, unit: unit))
    }

    /// Reports the completed fraction, for a worker without counts.
    ///
    /// Watchers see this fraction until the counts have a fraction. This fraction never falls within an attempt.
    ///
    /// - Parameter fraction: A number from 0 to 1; any other number is refused.
    /// - Returns: Whether the fraction was accepted; `false` after the operation has ended.
    @discardableResult
    public func setFraction(_ fraction: Double) -> Bool {
        guard ProgressReport.isFraction(fraction) else { return false }
        return reporter.push(ProgressReport(fractionCompleted: fraction))
    }

    // MARK: Ending

    /// Ends the operation permanently.
    ///
    /// - Parameters:
    ///   - outcome: The outcome of the operation.
    ///   - state: The last state, or `nil` to leave it to the server.
    ///   - details: The last details.
    /// - Returns: Whether this call ended the operation; `false` if the operation had already ended.
    @discardableResult
    public func end(_ outcome: ProgressOutcome, state: String? = nil, details: JSONValue? = nil) -> Bool {
        reporter.push(ProgressReport(state: state, details: details, outcome: outcome))
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

    /// Waits until the server has all reports from before the call.
    ///
    /// - Parameter timeout: The longest time to wait, or `nil` for no limit.
    /// - Throws: ``ProgressClientError``: ``ProgressClientError/Code/timedOut``,
    ///   ``ProgressClientError/Code/cancelled``, or the ``failure``.
    public func flush(timeout: Duration? = nil) async throws(ProgressClientError) {
        try await reporter.flush(timeout: timeout)
    }

    // MARK: Requests to cancel

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
    /// Creates an operation and its tracker; replaces an operation with the same identifier that has ended.
    ///
    /// - Parameters:
    ///   - id: The identifier; by default a random UUID.
    ///   - options: The title, parent, labels and other options.
    ///   - report: The first report.
    /// - Returns: A tracker that reports in the background.
    /// - Throws: ``ProgressClientError``, such as ``ProgressClientError/Code/unreachable`` or
    ///   ``ProgressClientError/Code/alreadyExists``.
    public func createTracker(
        id: ProgressID = ProgressID(),
        options: ProgressOptions = ProgressOptions(),
        report: ProgressReport? = nil
    ) async throws(ProgressClientError) -> RemoteTracker {
        let created = try await create(id: id, options: options, report: report)
        return RemoteTracker(client: self, snapshot: created.snapshot, tokens: created.tokens)
    }

    /// Returns a tracker for an existing operation.
    ///
    /// - Parameter id: The identifier of the operation.
    /// - Returns: A tracker that reports in the background.
    /// - Throws: ``ProgressClientError``, such as ``ProgressClientError/Code/unknown`` or
    ///   ``ProgressClientError/Code/ended``.
    public func tracker(for id: ProgressID) async throws(ProgressClientError) -> RemoteTracker {
        let snapshot = try await get(id)
        guard snapshot.outcome == nil else {
            throw ProgressClientError(.ended, "Operation \(id) has ended and accepts no more reports.")
        }
        return RemoteTracker(client: self, snapshot: snapshot)
    }
}
