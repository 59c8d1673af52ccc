// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// The state machine that delivers one report exactly once, as far as the server's responses allow.
///
/// A request may have arrived although its response was lost. The next request therefore has an `If-Match` with the
/// cursor from before the first request. If the operation is at a newer cursor, its snapshot shows whether this report
/// caused the change.
struct ReportDelivery: Sendable {
    /// The next action of the caller.
    enum Action: Sendable, Hashable {
        /// Send the report, with `If-Match` if there is a cursor; then call ``taken(_:)`` or ``refused(_:)``.
        case send(ifMatch: ProgressCursor?)
        /// Read the operation's snapshot; then call ``fetched(_:)`` or ``refused(_:)``.
        case fetch
        /// Wait; then call ``waited()``.
        case wait(Duration)
        /// The report has arrived; this is the newest known snapshot.
        case done(ProgressSnapshot)
        /// The server refuses this report, but may accept others.
        case drop(ProgressClientError)
        /// The server accepts no more reports.
        case stop(ProgressClientError)
    }

    private let report: ProgressReport
    private var cursor: ProgressCursor?
    private var backoff: Backoff
    private var mayHaveArrived = false
    private var mustFetch = false
    private let configuration: ProgressClient.Configuration

    /// Creates a delivery; the counts of the report must be absolute, and `cursor` must be the newest known cursor.
    init(_ report: ProgressReport, cursor: ProgressCursor?, configuration: ProgressClient.Configuration) {
        self.report = report
        self.cursor = cursor
        self.configuration = configuration
        backoff = Backoff(base: configuration.initialRetryDelay, maximum: configuration.maximumRetryDelay)
    }

    /// The largest number of tries for a report that ends the operation; for other reports there is no limit.
    static let maximumTriesOfEnd = 40

    /// Returns the first action.
    func begin() -> Action {
        .send(ifMatch: nil)
    }

    /// Handles a refusal or a failed request; returns the next action.
    mutating func refused(_ error: ProgressClientError) -> Action {
        switch error.code {
        case .cursorMismatch where mayHaveArrived, .ended where mayHaveArrived && report.outcome != nil:
            mustFetch = true
            return .fetch
        case .invalidReport, .answerTooLarge: return .drop(error)
        case .timedOut, .disconnected: mayHaveArrived = true
        case .unreachable, .unavailable: break
        default: return .stop(error)
        }
        if report.outcome != nil, backoff.count >= Self.maximumTriesOfEnd { return .stop(error) }
        let delay = backoff.next(random: configuration.random())
        return .wait(max(delay, min(error.retryAfter ?? .zero, configuration.maximumRetryDelay)))
    }

    /// Handles the current snapshot of the operation; returns the next action.
    mutating func fetched(_ snapshot: ProgressSnapshot) -> Action {
        mustFetch = false
        if let refusal = startedAnew(snapshot) { return .stop(refusal) }
        if shows(snapshot) { return .done(snapshot) }
        if snapshot.outcome != nil {
            return .stop(ProgressClientError(.ended, "The operation has been ended by another worker."))
        }
        cursor = snapshot.cursor
        return .send(ifMatch: cursor)
    }

    /// Handles the snapshot that the server made from the report; returns the next action.
    func taken(_ snapshot: ProgressSnapshot) -> Action {
        startedAnew(snapshot).map(Action.stop) ?? .done(snapshot)
    }

    /// Returns an error if another worker has replaced the operation; this worker must not report on the new one.
    private func startedAnew(_ snapshot: ProgressSnapshot) -> ProgressClientError? {
        guard let cursor, cursor.epoch != snapshot.cursor.epoch else { return nil }
        return ProgressClientError(
            .ended,
            "Another worker has replaced the operation. Stop working on it, or create it again after its end."
        )
    }

    /// Handles the end of a wait; returns the next action.
    func waited() -> Action {
        if mustFetch { return .fetch }
        return .send(ifMatch: mayHaveArrived ? cursor : nil)
    }

    /// Returns whether a snapshot may be the result of this report.
    private func shows(_ snapshot: ProgressSnapshot) -> Bool {
        if let outcome = report.outcome { return snapshot.outcome == outcome }
        if let state = report.state {
            guard state == snapshot.state, report.details ?? .null == snapshot.details else { return false }
        } else if let details = report.details, details != snapshot.details {
            return false
        }
        if let attempt = report.attempt, attempt != snapshot.attempt { return false }
        if let count = report.completedCount, count > snapshot.counts?.completedCount ?? 0 { return false }
        if let fraction = report.fractionCompleted, fraction > snapshot.fractionCompleted ?? 0 { return false }
        if let title = report.title, title != snapshot.title { return false }
        return true
    }
}
