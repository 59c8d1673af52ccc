// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressHTTP

/// Metrics in the text format of Prometheus, version 0.0.4.
struct MetricsText {
    private(set) var text = ""

    mutating func gauge(_ name: String, _ help: String, _ value: Int) {
        begin(name, "gauge", help)
        text += "live_progress_\(name) \(value)\n"
    }

    mutating func counter(_ name: String, _ help: String, _ value: UInt64) {
        begin(name, "counter", help)
        text += "live_progress_\(name) \(value)\n"
    }

    /// Writes a counter for each limit, including counters of 0, so that rates are correct from the first refusal on.
    mutating func refusals(_ refusals: LimitRefusals) {
        let name = "limit_refusals_total"
        begin(name, "counter", "Refusals, by the limit that was reached.")
        for limit in ProgressLimit.allCases {
            text += "live_progress_\(name){limit=\"\(limit.rawValue)\"} \(refusals[limit])\n"
        }
    }

    /// Writes the condition of the store.
    mutating func write(_ status: ProgressStoreStatus) {
        gauge("store_up", "1 if the last commit to the store succeeded, else 0.", status.failure == nil ? 1 : 0)
        gauge("store_waiting_operations", "Operations with changes that are not committed.", status.waitingOperations)
        counter("store_commits_total", "Commits to the store.", status.commitCount)
        counter("store_commit_failures_total", "Failed commits to the store.", status.failureCount)
    }

    private mutating func begin(_ name: String, _ type: String, _ help: String) {
        text += "# HELP live_progress_\(name) \(help)\n# TYPE live_progress_\(name) \(type)\n"
    }
}
