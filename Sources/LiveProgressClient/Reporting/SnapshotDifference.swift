// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// The reports that bring an operation on a server from one snapshot to another.
enum SnapshotDifference {
    /// Returns the reports; none if the server would show no difference.
    ///
    /// - Parameters:
    ///   - old: The snapshot that the server has; `nil` to report everything.
    ///   - new: The snapshot that the server should have.
    /// - Returns: The reports in their order, more than one only if attempts were skipped.
    static func reports(from old: ProgressSnapshot?, to new: ProgressSnapshot) -> [ProgressReport] {
        let attempt = old?.attempt ?? new.attempt
        // A server begins one attempt after the other.
        let skipped = attempt + 1 < new.attempt ? (attempt + 1..<new.attempt).map { ProgressReport(attempt: $0) } : []
        let last = report(from: old, to: new)
        return skipped + (last == ProgressReport() ? [] : [last])
    }

    private static func report(from old: ProgressSnapshot?, to new: ProgressSnapshot) -> ProgressReport {
        var report = ProgressReport()
        if new.state != old?.state {
            report.state = new.state
            report.details = new.details == .null ? nil : new.details
        } else if new.details != old?.details {
            report.details = new.details
        }
        if new.title != old?.title { report.title = new.title }
        report.labels = labels(from: old?.labels ?? [:], to: new.labels)
        if new.isCancellable != old?.isCancellable ?? false { report.isCancellable = new.isCancellable }
        let isSameAttempt = old?.attempt == new.attempt
        if new.attempt != old?.attempt ?? 1 { report.attempt = new.attempt }
        if let counts = new.counts { report.setCounts(from: isSameAttempt ? old?.counts : nil, to: counts) }
        report.outcome = new.outcome
        return report
    }

    /// Returns the labels to set; a label that is gone has an empty value.
    private static func labels(from old: [String: String], to new: [String: String]) -> [String: String]? {
        var changes = new.filter { old[$0.key] != $0.value }
        for name in old.keys where new[name] == nil { changes[name] = "" }
        return changes.isEmpty ? nil : changes
    }
}

extension ProgressReport {
    fileprivate mutating func setCounts(from old: ProgressCounts?, to new: ProgressCounts) {
        if new.unit != old?.unit { unit = new.unit }
        // A count of another unit begins anew, so the report must have the whole count.
        let isAnother = unit != nil && old?.unit != nil
        if isAnother || new.completedCount != old?.completedCount ?? 0 { completedCount = new.completedCount }
        if isAnother || new.totalCount != old?.totalCount { totalCount = ProgressTotal(new.totalCount) }
        if new.totalCount == nil, new.fractionCompleted != old?.fractionCompleted || isAnother {
            fractionCompleted = new.fractionCompleted
        }
    }
}
