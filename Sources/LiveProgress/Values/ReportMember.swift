// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A member of a report: its name on the wire, where a report holds its value, and what it does to the operation.
///
/// ``all``, beside the properties of ``ProgressReport``, is the one list of them. JSON, forms, the rules, and the merging of reports go through it.
package struct ReportMember: Sendable {
    package typealias Path<Value> = any WritableKeyPath<ProgressReport, Value?> & Sendable

    /// The kind of a value, which decides how it is read and written, and where a report holds it.
    package enum Value: Sendable {
        case text(Path<String>)
        case json(Path<JSONValue>)
        case count(Path<Int64>)
        /// A count that may be said to be unknown.
        case total(Path<Int64?>)
        case fraction(Path<Double>)
        case flag(Path<Bool>)
        case attempt(Path<Int>)
        case labels(Path<[String: String]>)
        /// The three parts of the outcome.
        case status, result, problem
    }

    /// What a report does with the value.
    package enum Effect: Sendable {
        /// It replaces what the worker says; a state without details clears the details.
        case content
        /// It counts, which alone makes a tick.
        case count
        /// It changes what seldom changes.
        case head(@Sendable (inout ProgressSnapshot.Head, ProgressReport) -> Void)
        /// It ends the operation.
        case end
    }

    /// The name in JSON and in forms.
    package let name: String
    /// What the value is.
    package let value: Value
    /// What it does.
    package let effect: Effect

    init(_ name: String, _ value: Value, _ effect: Effect) {
        self.name = name
        self.value = value
        self.effect = effect
    }

    /// Those whose presence gives a report a revision of its own.
    fileprivate static let transitions = all.filter { if case .count = $0.effect { false } else { true } }
    fileprivate static let head = all.filter { if case .head = $0.effect { true } else { false } }

    /// The member of that name, or `nil` where there is none.
    package static func named(_ name: String) -> ReportMember? { all.first { $0.name.hasBytes(of: name) } }

    /// Whether a report says something of the member.
    package func isSaid(in report: ProgressReport) -> Bool {
        switch value {
        case .text(let path): report[keyPath: path] != nil
        case .json(let path): report[keyPath: path] != nil
        case .count(let path): report[keyPath: path] != nil
        case .total(let path): report[keyPath: path] != nil
        case .fraction(let path): report[keyPath: path] != nil
        case .flag(let path): report[keyPath: path] != nil
        case .attempt(let path): report[keyPath: path] != nil
        case .labels(let path): report[keyPath: path] != nil
        case .status, .result, .problem: report.outcome != nil
        }
    }

    /// Takes over what an earlier report says, as far as the later one does not replace it.
    fileprivate func fill(_ report: inout ProgressReport, from earlier: ProgressReport) {
        switch value {
        case .text(let path): fill(&report, path, from: earlier)
        case .json(let path): fill(&report, path, from: earlier)
        case .count(let path): fill(&report, path, from: earlier)
        case .total(let path): fill(&report, path, from: earlier)
        case .flag(let path): fill(&report, path, from: earlier)
        case .attempt(let path): fill(&report, path, from: earlier)
        case .fraction(let path):
            // A fraction that is lower than one before came late.
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
    /// Whether it says no more than that the worker is there.
    package var isEmpty: Bool { self == ProgressReport() }

    /// Whether it says nothing but counts, or nothing at all.
    package var isTick: Bool { !ReportMember.transitions.contains { $0.isSaid(in: self) } }

    /// Whether it says something of what seldom changes.
    var changesHead: Bool { ReportMember.head.contains { $0.isSaid(in: self) } }

    /// One report that says what the earlier one and this one say after each other.
    package func folded(onto earlier: ProgressReport) -> ProgressReport {
        var result = self
        for member in ReportMember.all {
            switch member.effect {
            // A state without details clears them, and a new attempt counts anew.
            case .content where state != nil, .count where attempt != nil: continue
            case .content, .count, .head, .end: member.fill(&result, from: earlier)
            }
        }
        return result
    }
}

extension ProgressSnapshot.Head {
    /// Changes what a report says of what seldom changes.
    mutating func apply(_ report: ProgressReport) {
        for member in ReportMember.head {
            if case .head(let apply) = member.effect { apply(&self, report) }
        }
    }

    mutating func setLabels(_ new: [String: String]) {
        for (name, value) in new { labels[name] = value.isEmpty ? nil : value }
    }
}
