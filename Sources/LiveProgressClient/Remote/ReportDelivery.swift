// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// The logic of bringing one report to a server exactly once, as far as the server's answers allow.
///
/// A try whose answer was lost may have arrived. The next one is therefore bound to the cursor known before it: where
/// the operation has moved on, its snapshot shows whether that was this report.
struct ReportDelivery: Sendable {
    /// What the caller does next.
    enum Action: Sendable, Hashable {
        /// Send the report, bound to the cursor where there is one; where the server refuses, ask ``refused(_:)``.
        case send(ifMatch: ProgressCursor?)
        /// Read the operation's snapshot; then ask ``fetched(_:)`` or ``refused(_:)``.
        case fetch
        /// Wait, then ask ``waited()``.
        case wait(Duration)
        /// The report has arrived before, and this is the newest snapshot known.
        case done(ProgressSnapshot)
        /// The server does not take this report, but may take others.
        case drop(ProgressClientError)
        /// The server takes no more reports.
        case stop(ProgressClientError)
    }

    private let report: ProgressReport
    private var cursor: ProgressCursor?
    private var backoff: Backoff
    private var mayHaveArrived = false
    private var mustFetch = false
    private let configuration: ProgressClient.Configuration

    /// A delivery; the counts of the report are absolute, and the cursor is the newest one known before it.
    init(_ report: ProgressReport, cursor: ProgressCursor?, configuration: ProgressClient.Configuration) {
        self.report = report
        self.cursor = cursor
        self.configuration = configuration
        backoff = Backoff(base: configuration.initialRetryDelay, maximum: configuration.maximumRetryDelay)
    }

    /// How many tries a report that ends the operation gets; any other one is tried for as long as the worker lives.
    static let maximumTriesOfEnd = 40

    /// What to do first.
    func begin() -> Action {
        .send(ifMatch: nil)
    }

    /// The server said no, or said nothing.
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

    /// This is where the operation is now.
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

    /// The server took the report, and this is the snapshot it made.
    func taken(_ snapshot: ProgressSnapshot) -> Action {
        startedAnew(snapshot).map(Action.stop) ?? .done(snapshot)
    }

    /// Another worker has started the operation anew, which is none of this one's business.
    private func startedAnew(_ snapshot: ProgressSnapshot) -> ProgressClientError? {
        guard let cursor, cursor.epoch != snapshot.cursor.epoch else { return nil }
        return ProgressClientError(
            .ended,
            "The operation was started anew by another worker. Stop working on it, or create it again after its end."
        )
    }

    /// The wait is over.
    func waited() -> Action {
        if mustFetch { return .fetch }
        return .send(ifMatch: mayHaveArrived ? cursor : nil)
    }

    /// Whether a snapshot may be what this report made.
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
