// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// Where a command's progress is published.
protocol RunPublisher: Sendable {
    /// Publishes a report; returns when the next one may come.
    func publish(_ report: ProgressReport) async

    /// Publishes the end, and returns when it is known or has been given up.
    ///
    /// - Parameters:
    ///   - outcome: How the operation ended.
    ///   - report: What there is to say before.
    /// - Returns: Whether the end is known.
    func end(_ outcome: ProgressOutcome, after report: ProgressReport?) async -> Bool

    /// Returns when a watcher asks to stop, with `true`; with `false` where nobody can ask any more.
    func cancellationRequested() async -> Bool
}

/// Publishes to a service in this process.
struct LocalPublisher: RunPublisher {
    let tracker: ProgressTracker

    func publish(_ report: ProgressReport) async {
        tracker.report(report)
    }

    func end(_ outcome: ProgressOutcome, after report: ProgressReport?) async -> Bool {
        if let report { tracker.report(report) }
        // Where this is refused the end is known already: the command has told it itself.
        tracker.end(outcome)
        return true
    }

    func cancellationRequested() async -> Bool {
        do {
            try await tracker.cancellationRequested()
            return true
        } catch {
            return false
        }
    }
}

/// Publishes nowhere: the command runs, and nobody sees it.
struct NoPublisher: RunPublisher {
    func publish(_ report: ProgressReport) async {}

    func end(_ outcome: ProgressOutcome, after report: ProgressReport?) async -> Bool { true }

    func cancellationRequested() async -> Bool { false }
}
