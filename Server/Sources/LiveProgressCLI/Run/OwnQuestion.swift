// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// Keeps the question of `run`, which watchers cannot answer, apart from the question of `ask` in the command on the same operation.
///
/// This works on a local server. On a remote server, `run` does not see the question of `ask`: it never withdraws it, but replaces it.
struct OwnQuestion: Sendable {
    private var number: Int?

    /// Reports, but neither replaces nor withdraws the question of another.
    mutating func report(_ report: ProgressReport, on tracker: ProgressTracker) {
        var report = report
        let open = tracker.snapshot()?.waitingFor?.number
        let isOfAnother = open != nil && open != number
        if report.waitingFor != nil, isOfAnother { report.waitingFor = nil }
        tracker.report(report)
        if case .ask = report.waitingFor { number = tracker.snapshot()?.waitingFor?.number }
    }
}
