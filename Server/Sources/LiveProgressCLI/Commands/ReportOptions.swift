// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import LiveProgress

/// What a report says of an operation that goes on.
struct ReportOptions: ParsableArguments {
    @Option(help: ArgumentHelp("What the operation is doing.", valueName: "text"))
    var state: String?

    @Option(help: ArgumentHelp("What to tell beside the state, a JSON text.", valueName: "json"))
    var details: JSONArgument?

    @Option(help: ArgumentHelp("Units done.", valueName: "count"))
    var completed: Int64?

    @Option(help: ArgumentHelp("Units in all, or \"unknown\".", valueName: "count"))
    var total: TotalArgument?

    @Option(help: ArgumentHelp("What is counted, such as rows or bytes.", valueName: "name"))
    var unit: String?

    @Option(help: ArgumentHelp("Units done since the last report.", valueName: "count"))
    var advance: Int64?

    @Option(help: ArgumentHelp("Units that were done before this run: done, but no speed.", valueName: "count"))
    var baseline: Int64?

    @Option(help: ArgumentHelp("The share done, from 0 to 1, where no more is known.", valueName: "number"))
    var fraction: Double?

    @Option(help: ArgumentHelp("A title for people.", valueName: "text"))
    var title: String?

    @Option(help: ArgumentHelp("A label to set; an empty value removes it. May be repeated.", valueName: "name=value"))
    var label: [LabelArgument] = []

    @Flag(inversion: .prefixedNo, help: "Whether a request to cancel is taken.")
    var cancellable: Bool?

    func validate() throws {
        for (name, count) in [("--completed", completed), ("--advance", advance), ("--baseline", baseline)] {
            if let count, count < 0 { throw ValidationError("\(name) must be 0 or more.") }
        }
        if let fraction, !(0...1).contains(fraction) { throw ValidationError("--fraction must be from 0 to 1.") }
    }

    /// Whether anything was said.
    var isGiven: Bool { report(outcome: nil) != ProgressReport() }

    /// The report, with the end where there is one.
    func report(outcome: ProgressOutcome?) -> ProgressReport {
        var report = ProgressReport(state: state, details: details?.value)
        report.completedCount = completed
        report.totalCount = total.map(\.total)
        report.unit = unit
        report.advance = advance
        report.baselineCount = baseline
        report.fractionCompleted = fraction
        report.title = title
        report.labels = label.isEmpty ? nil : LabelArgument.dictionary(label)
        report.isCancellable = cancellable
        report.outcome = outcome
        return report
    }
}

/// How a report ends an operation.
struct EndingOptions: ParsableArguments {
    @Flag(help: "End the operation: it did what it was asked.")
    var succeed = false

    @Option(help: ArgumentHelp("With --succeed: the result, a JSON text.", valueName: "json"))
    var result: JSONArgument?

    @Option(help: ArgumentHelp("End the operation: it could not, for this reason.", valueName: "title"))
    var fail: String?

    @Option(help: ArgumentHelp("With --fail: what happened, and what can be done about it.", valueName: "text"))
    var detail: String?

    @Flag(help: "End the operation: it was asked to stop, and stopped.")
    var cancelled = false

    func validate() throws {
        guard [succeed, fail != nil, cancelled].count(where: { $0 }) <= 1 else {
            throw ValidationError("--succeed, --fail and --cancelled exclude each other.")
        }
        guard result == nil || succeed else { throw ValidationError("--result needs --succeed.") }
        guard detail == nil || fail != nil else { throw ValidationError("--detail needs --fail.") }
    }

    /// Whether the report is an end.
    var isGiven: Bool { outcome != nil }

    /// The end.
    var outcome: ProgressOutcome? {
        if succeed { return .succeeded(result: result?.value) }
        if let fail { return .failed(ProgressProblem(title: fail, detail: detail)) }
        return cancelled ? .cancelled : nil
    }
}
