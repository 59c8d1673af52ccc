// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import LiveProgress

/// The reports that bring an operation on a server from one snapshot to another.
enum SnapshotDifference {
    /// Returns the reports; none if the server would show no difference.
    ///
    /// - Parameters:
    ///   - old: The snapshot that the server has.
    ///   - new: The snapshot that the server should have.
    ///   - closedQuestion: The question that the server itself has closed.
    ///   - hasQuestion: Whether nothing is reported about the question: the server has it already, or has that of another worker.
    ///   - isWhole: Whether the state, the details and the counts are reported even if the server has them already.
    /// - Returns: The reports in their order, more than one only if attempts were skipped.
    static func reports(
        from old: ProgressSnapshot,
        to new: ProgressSnapshot,
        closedQuestion: Int? = nil,
        hasQuestion: Bool = false,
        isWhole: Bool = false
    ) -> [ProgressReport] {
        // A server begins one attempt after the other.
        let hasSkipped = old.attempt + 1 < new.attempt
        let skipped = hasSkipped ? (old.attempt + 1..<new.attempt).map { ProgressReport(attempt: $0) } : []
        var last = report(from: old, to: new, isWhole)
        let isClosedThere = new.waitingFor == nil && old.waitingFor?.number == closedQuestion
        if !isClosedThere, !hasQuestion { last.waitingFor = question(from: old, to: new) }
        return skipped + (last == ProgressReport() ? [] : [last])
    }

    private static func report(
        from old: ProgressSnapshot,
        to new: ProgressSnapshot,
        _ isWhole: Bool
    ) -> ProgressReport {
        var report = ProgressReport()
        if isWhole || new.state != old.state {
            report.state = new.state
            if new.details != .null { report.details = new.details }
        } else if new.details != old.details {
            report.details = new.details
        }
        if new.title != old.title { report.title = new.title }
        report.labels = labels(from: old.labels, to: new.labels)
        if new.isCancellable != old.isCancellable { report.isCancellable = new.isCancellable }
        let isSameAttempt = old.attempt == new.attempt
        if isWhole ? new.attempt > 1 : !isSameAttempt { report.attempt = new.attempt }
        if let counts = new.counts {
            if isWhole {
                report.setCounts(counts)
            } else {
                report.setCounts(from: isSameAttempt ? old.counts : nil, to: counts)
            }
        }
        report.outcome = new.outcome
        return report
    }

    /// Returns the question that was asked, or a withdrawal if the worker has closed its question.
    private static func question(from old: ProgressSnapshot, to new: ProgressSnapshot) -> ProgressQuestion.Change? {
        guard new.waitingFor?.number != old.waitingFor?.number else { return nil }
        if new.waitingFor != nil { return question(new.waitingFor) }
        // The end, a new attempt and a request to cancel close the question on the server too.
        guard new.outcome == nil, new.attempt == old.attempt, new.status != .cancelling else { return nil }
        return .withdraw
    }

    /// Returns the report of an open question, or of a question that is closed.
    static func question(_ open: ProgressQuestion.Open?) -> ProgressQuestion.Change {
        guard let open else { return .withdraw }
        var question = open.question
        question.timeLimit = open.deadline.map { .seconds($0.timeIntervalSince(open.askedAt)) }
        return .ask(question)
    }

    /// Returns the labels to set; a label that is gone has an empty value.
    private static func labels(from old: [String: String], to new: [String: String]) -> [String: String]? {
        var changes = new.filter { old[$0.key] != $0.value }
        for name in old.keys where new[name] == nil { changes[name] = "" }
        return changes.isEmpty ? nil : changes
    }
}

extension ProgressReport {
    fileprivate mutating func setCounts(_ counts: ProgressCounts) {
        completedCount = counts.completedCount
        totalCount = ProgressTotal(counts.totalCount)
        unit = counts.unit
        if counts.isFractionTold { fractionCompleted = counts.fractionCompleted }
    }

    fileprivate mutating func setCounts(from old: ProgressCounts?, to new: ProgressCounts) {
        // A count of another unit begins at zero, so the report must have the whole count.
        if let unit = old?.unit, new.unit != unit { return setCounts(new) }
        if new.unit != old?.unit { unit = new.unit }
        if new.completedCount != old?.completedCount ?? 0 { completedCount = new.completedCount }
        if new.totalCount != old?.totalCount { totalCount = ProgressTotal(new.totalCount) }
        if new.isFractionTold, new.fractionCompleted != old?.fractionCompleted {
            fractionCompleted = new.fractionCompleted
        }
    }
}

extension ProgressCounts {
    /// Whether the counts have no fraction, so that a fraction is the one that the worker reported.
    fileprivate var isFractionTold: Bool { totalCount ?? 0 == 0 }
}

extension ProgressCounts {
    /// The units of running parts that the fraction shows; `nil` if there is no quotient.
    var unitsOfParts: Double? {
        guard let totalCount, let fractionCompleted, totalCount > 0 else { return nil }
        let units = fractionCompleted * Double(totalCount) - Double(completedCount)
        // Below this number, it is a rounding error of the quotient.
        return units > 1e-9 * Double(totalCount) ? units : 0
    }
}

extension ProgressOutcome {
    /// The outcome without its large parts, for a server that refuses them.
    var bare: ProgressOutcome {
        switch self {
        case .succeeded: .succeeded()
        case .failed(let problem): .failed(ProgressProblem(type: problem.type, title: problem.title))
        case .cancelled: .cancelled
        }
    }
}

extension ProgressReport {
    /// The report with its counts alone.
    var countsAlone: ProgressReport {
        ProgressReport(
            completedCount: completedCount,
            totalCount: totalCount,
            unit: unit,
            fractionCompleted: fractionCompleted
        )
    }
}
