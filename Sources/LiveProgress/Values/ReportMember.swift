// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A member of a report: its name on the wire, its place in a ``ProgressReport``, and its effect.
///
/// Only ``all`` and the properties of ``ProgressReport`` list the members. JSON, forms, the report rules and the
/// merging of reports use ``all``.
package struct ReportMember: Sendable {
    package typealias Path<Value> = any WritableKeyPath<ProgressReport, Value?> & Sendable

    /// The kind of a value, which determines its encoding and its property in a report.
    package enum Value: Sendable {
        case text(Path<String>)
        case json(Path<JSONValue>)
        case count(Path<Int64>)
        /// A count that a report may set to unknown.
        case total(Path<ProgressTotal>)
        case fraction(Path<Double>)
        /// A number of units, not necessarily whole.
        case units(Path<Double>)
        case flag(Path<Bool>)
        case attempt(Path<Int>)
        /// A number of seconds.
        case duration(Path<Duration>)
        case labels(Path<[String: String]>)
        /// A question, or `null` to withdraw the open question.
        case question(Path<ProgressQuestion.Change>)
        /// The three members of the outcome.
        case status, result, problem
    }

    /// The effect of a value on the operation.
    package enum Effect: Sendable {
        /// The value replaces the state or the details; a state without details clears the details.
        case content
        /// The value changes the counts; a report with only such values makes a tick.
        case count
        /// The value changes the snapshot's head.
        case head(@Sendable (inout ProgressSnapshot.Head, ProgressReport) -> Void)
        /// The value says who reports and how often; alone, it makes no revision.
        case lease
        /// The value opens or withdraws a question.
        case question
        /// The value ends the operation.
        case end
    }

    /// The name in JSON and in forms.
    package let name: String
    /// The kind of the value.
    package let value: Value
    /// The effect of the value.
    package let effect: Effect

    init(_ name: String, _ value: Value, _ effect: Effect) {
        self.name = name
        self.value = value
        self.effect = effect
    }

    /// The members that give a report its own revision.
    fileprivate static let transitions = all.filter { member in
        switch member.effect {
        case .count, .lease: false
        case .content, .head, .question, .end: true
        }
    }
    fileprivate static let head = all.filter { if case .head = $0.effect { true } else { false } }

    /// Returns the member with a name, or `nil` if no member has this name.
    package static func named(_ name: String) -> ReportMember? { all.first { $0.name.hasBytes(of: name) } }

    /// Returns whether a report has a value for the member.
    package func isSaid(in report: ProgressReport) -> Bool {
        switch value {
        case .text(let path): report[keyPath: path] != nil
        case .json(let path): report[keyPath: path] != nil
        case .count(let path): report[keyPath: path] != nil
        case .total(let path): report[keyPath: path] != nil
        case .fraction(let path): report[keyPath: path] != nil
        case .units(let path): report[keyPath: path] != nil
        case .flag(let path): report[keyPath: path] != nil
        case .attempt(let path): report[keyPath: path] != nil
        case .duration(let path): report[keyPath: path] != nil
        case .labels(let path): report[keyPath: path] != nil
        case .question(let path): report[keyPath: path] != nil
        case .status, .result, .problem: report.outcome != nil
        }
    }

    /// Copies the value of an earlier report, if the later report does not replace it.
    fileprivate func fill(_ report: inout ProgressReport, from earlier: ProgressReport) {
        switch value {
        case .text(let path): fill(&report, path, from: earlier)
        case .json(let path): fill(&report, path, from: earlier)
        case .count(let path): fill(&report, path, from: earlier)
        case .total(let path): fill(&report, path, from: earlier)
        case .flag(let path): fill(&report, path, from: earlier)
        case .attempt(let path): fill(&report, path, from: earlier)
        case .duration(let path): fill(&report, path, from: earlier)
        case .units(let path): fill(&report, path, from: earlier)
        case .question(let path): fill(&report, path, from: earlier)
        case .fraction(let path):
            // A fraction that is lower than an earlier one arrived late.
            report[keyPath: path] = [report[keyPath: path], earlier[keyPath: path]].compactMap(\.self).max()
        case .labels(let path):
            guard let labels = earlier[keyPath: path] else { return }
            report[keyPath: path] = labels.merging(report[keyPath: path] ?? [:]) { _, new in new }
        case .status, .result, .problem: report.outcome = report.outcome ?? earlier.outcome
        }
    }

    private func fill<T>(_ report: inout ProgressReport, _ path: Path<T>, from earlier: ProgressReport) {
        if report[keyPath: path] == nil { report[keyPath: path] = earlier[keyPath: path] }
    }
}

extension ProgressReport {
    /// Whether the report changes nothing that watchers see: it only shows that the worker is alive.
    package var isEmpty: Bool { self == ProgressReport(worker: worker, lease: lease) }

    /// Whether the report has only counts, or no values.
    package var isTick: Bool { !ReportMember.transitions.contains { $0.isSaid(in: self) } }

    /// Whether the report changes the snapshot's head.
    var changesHead: Bool { ReportMember.head.contains { $0.isSaid(in: self) } }

    /// Returns whether the report begins a count of another unit, which replaces the old count.
    package func startsCount(after former: String?) -> Bool {
        Self.startsCount(completed: completedCount, unit: unit, after: former)
    }

    static func startsCount(completed: Int64?, unit: String?, after former: String?) -> Bool {
        completed != nil && unit != nil && former != nil && unit != former
    }

    /// Returns one report with the effect of the earlier report followed by this report.
    package func folded(onto earlier: ProgressReport) -> ProgressReport {
        var result = self
        for member in ReportMember.all {
            switch member.effect {
            // A state without details clears the details; a new attempt and a count of another unit count from 0.
            case .content where state != nil, .count where attempt != nil || startsCount(after: earlier.unit): continue
            // A new attempt withdraws the question.
            case .question where attempt != nil: continue
            case .content, .count, .head, .lease, .question, .end: member.fill(&result, from: earlier)
            }
        }
        return result
    }
}

extension ProgressSnapshot.Head {
    /// Applies the values of a report that belong to the head.
    mutating func apply(_ report: ProgressReport) {
        for member in ReportMember.head {
            if case .head(let apply) = member.effect { apply(&self, report) }
        }
    }

    mutating func setLabels(_ new: [String: String]) {
        for (name, value) in new { labels[name] = value.isEmpty ? nil : value }
    }
}
