// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// A destination for a command's progress.
protocol RunPublisher: Sendable {
    /// Publishes a report; returns when the next report may follow.
    func publish(_ report: ProgressReport) async

    /// Publishes the end; returns when the end is published, or when publishing has failed.
    ///
    /// - Parameters:
    ///   - outcome: The outcome of the operation.
    ///   - report: The last report before the end, if any.
    /// - Returns: Whether the end is published.
    func end(_ outcome: ProgressOutcome, after report: ProgressReport?) async -> Bool

    /// Waits for a request to cancel; returns `false` if no such request can arrive any more.
    func cancellationRequested() async -> Bool
}

/// A publisher to a service in this process.
struct LocalPublisher: RunPublisher {
    let tracker: ProgressTracker

    func publish(_ report: ProgressReport) async {
        tracker.report(report)
    }

    func end(_ outcome: ProgressOutcome, after report: ProgressReport?) async -> Bool {
        if let report { tracker.report(report) }
        // A refusal means that the command has already reported the end itself.
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

/// A publisher that discards everything; the command runs unpublished.
struct NoPublisher: RunPublisher {
    func publish(_ report: ProgressReport) async {}

    func end(_ outcome: ProgressOutcome, after report: ProgressReport?) async -> Bool { true }

    func cancellationRequested() async -> Bool { false }
}
