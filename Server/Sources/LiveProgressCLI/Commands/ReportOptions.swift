// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import LiveProgress

/// The options of a report about the progress of an operation.
struct ReportOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The current step of the operation.", valueName: "text"))
    var state: String?

    @Option(help: ArgumentHelp("Details beside the state, as JSON.", valueName: "json"))
    var details: JSONArgument?

    @Option(help: ArgumentHelp("Units done.", valueName: "count"))
    var completed: Int64?

    @Option(help: ArgumentHelp("The total number of units, or \"unknown\".", valueName: "count"))
    var total: TotalArgument?

    @Option(help: ArgumentHelp("The unit of the counts, such as rows or bytes.", valueName: "name"))
    var unit: String?

    @Option(help: ArgumentHelp("Units done since the last report.", valueName: "count"))
    var advance: Int64?

    @Option(help: ArgumentHelp("Units done before this run; they do not count towards the rate.", valueName: "count"))
    var baseline: Int64?

    @Option(help: ArgumentHelp("The share done, from 0 to 1, if the counts are unknown.", valueName: "number"))
    var fraction: Double?

    @Option(
        help: ArgumentHelp(
            "Units that running parts have done; they count in the share done only.",
            valueName: "number"
        )
    )
    var parts: Double?

    @Option(help: ArgumentHelp("The title of the operation.", valueName: "text"))
    var title: String?

    @Option(help: ArgumentHelp("A label to set; an empty value removes it. May be repeated.", valueName: "name=value"))
    var label: [LabelArgument] = []

    @Flag(inversion: .prefixedNo, help: "Whether the operation accepts a request to cancel.")
    var cancellable: Bool?

    @Option(
        help: ArgumentHelp("The name of the worker; another name is refused until the next attempt.", valueName: "name")
    )
    var worker: String?

    @Option(help: ArgumentHelp("The seconds for which the worker may be silent from now on.", valueName: "seconds"))
    var lease: Double?

    func validate() throws {
        for (name, count) in [("--completed", completed), ("--advance", advance), ("--baseline", baseline)] {
            if let count, count < 0 { throw ValidationError("\(name) must be 0 or more.") }
        }
        if let fraction, !(0...1).contains(fraction) { throw ValidationError("--fraction must be from 0 to 1.") }
        if let parts, !(0...9.2e18).contains(parts) { throw ValidationError("--parts must be 0 or more.") }
        // A year, as on the server.
        if let lease, !(lease > 0 && lease <= 31_536_000) {
            throw ValidationError("--lease must be more than 0 and at most 31536000.")
        }
    }

    /// Whether any of these options was given.
    var isGiven: Bool { report(outcome: nil) != ProgressReport() }

    /// Returns the report; with an outcome, the report ends the operation.
    func report(outcome: ProgressOutcome?) -> ProgressReport {
        ProgressReport(
            state: state,
            details: details?.value,
            completedCount: completed,
            totalCount: total.map(\.total),
            unit: unit,
            advance: advance,
            baselineCount: baseline,
            fractionCompleted: fraction,
            unitsOfParts: parts,
            title: title,
            labels: label.isEmpty ? nil : LabelArgument.dictionary(label),
            isCancellable: cancellable,
            worker: worker,
            lease: lease.map { .seconds($0) },
            outcome: outcome
        )
    }
}

/// The options of a report that ends an operation.
struct EndingOptions: ParsableArguments {
    @Flag(help: "End the operation as succeeded.")
    var succeed = false

    @Option(help: ArgumentHelp("With --succeed: the result, as JSON.", valueName: "json"))
    var result: JSONArgument?

    @Option(help: ArgumentHelp("End the operation as failed, with this title of the problem.", valueName: "title"))
    var fail: String?

    @Option(help: ArgumentHelp("With --fail: the detail of the problem and its remedy.", valueName: "text"))
    var detail: String?

    @Flag(help: "End the operation as cancelled, after a request to stop.")
    var cancelled = false

    func validate() throws {
        guard [succeed, fail != nil, cancelled].count(where: { $0 }) <= 1 else {
            throw ValidationError("--succeed, --fail and --cancelled exclude each other.")
        }
        guard result == nil || succeed else { throw ValidationError("--result needs --succeed.") }
        guard detail == nil || fail != nil else { throw ValidationError("--detail needs --fail.") }
    }

    /// Whether the report ends the operation.
    var isGiven: Bool { outcome != nil }

    /// The outcome of the operation, or `nil` without an end.
    var outcome: ProgressOutcome? {
        if succeed { return .succeeded(result: result?.value) }
        if let fail { return .failed(ProgressProblem(title: fail, detail: detail)) }
        return cancelled ? .cancelled : nil
    }
}
