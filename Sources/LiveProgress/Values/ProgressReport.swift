// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A report of a worker, which makes one revision; members that are `nil` stay unchanged.
///
/// ```swift
/// tracker.report(ProgressReport(state: "Copying", details: ["file": "a.csv"], completedCount: 3, totalCount: 7))
/// ```
public struct ProgressReport: Sendable, Hashable {
    /// The state: what the worker is doing; a state without ``details`` clears the details.
    public var state: String?
    /// The details of the state; details without a state leave the state unchanged.
    public var details: JSONValue?
    /// The completed units; a number lower than the current one arrived late and is ignored.
    public var completedCount: Int64?
    /// The total units.
    public var totalCount: ProgressTotal?
    /// The unit that is counted.
    public var unit: String?
    /// The units completed since the last report, added after ``completedCount``; not negative.
    public var advance: Int64?
    /// The units completed before this run, such as by the run that it resumes; they do not count for the rate.
    public var baselineCount: Int64?
    /// The completed fraction, from 0 to 1, if the worker knows no counts; ignored if the counts have a fraction.
    public var fractionCompleted: Double?
    /// The units that running parts have completed, counted elsewhere; they count in the fraction only.
    public var unitsOfParts: Double?
    /// A new title.
    public var title: String?
    /// The labels to set; an empty value removes the label.
    public var labels: [String: String]?
    /// Whether the operation accepts requests to cancel from now on.
    public var isCancellable: Bool?
    /// The number of the reporting attempt: the current one, or the next one to begin it; a lower number is refused.
    public var attempt: Int?
    /// The identifier of the worker, chosen by the worker: no other worker that names itself may report on the attempt.
    public var worker: String?
    /// The time that the worker, in another process, may be silent from now on.
    public var lease: Duration?
    /// A question to a person, or the withdrawal of the open question.
    public var waitingFor: ProgressQuestion.Change?
    /// The outcome, if this is the last report.
    public var outcome: ProgressOutcome?

    /// Creates a report of the given members.
    public init(
        state: String? = nil,
        details: JSONValue? = nil,
        completedCount: Int64? = nil,
        totalCount: ProgressTotal? = nil,
        unit: String? = nil,
        advance: Int64? = nil,
        baselineCount: Int64? = nil,
        fractionCompleted: Double? = nil,
        unitsOfParts: Double? = nil,
        title: String? = nil,
        labels: [String: String]? = nil,
        isCancellable: Bool? = nil,
        attempt: Int? = nil,
        worker: String? = nil,
        lease: Duration? = nil,
        waitingFor: ProgressQuestion.Change? = nil,
        outcome: ProgressOutcome? = nil
    ) {
        self.state = state
        self.details = details
        self.completedCount = completedCount
        self.totalCount = totalCount
        self.unit = unit
        self.advance = advance
        self.baselineCount = baselineCount
        self.fractionCompleted = fractionCompleted
        self.unitsOfParts = unitsOfParts
        self.title = title
        self.labels = labels
        self.isCancellable = isCancellable
        self.attempt = attempt
        self.worker = worker
        self.lease = lease
        self.waitingFor = waitingFor
        self.outcome = outcome
    }
}

extension ReportMember {
    /// All members, in the order in which they are written.
    package static let all: [ReportMember] = [
        ReportMember("state", .text(\.state), .content),
        ReportMember("details", .json(\.details), .content),
        ReportMember("completedCount", .count(\.completedCount), .count),
        ReportMember("totalCount", .total(\.totalCount), .count),
        ReportMember("unit", .text(\.unit), .count),
        ReportMember("advance", .count(\.advance), .count),
        ReportMember("baselineCount", .count(\.baselineCount), .count),
        ReportMember("fractionCompleted", .fraction(\.fractionCompleted), .count),
        ReportMember("unitsOfParts", .units(\.unitsOfParts), .count),
        ReportMember("title", .text(\.title), .head { $0.title = $1.title ?? $0.title }),
        ReportMember("labels", .labels(\.labels), .head { $0.setLabels($1.labels ?? [:]) }),
        ReportMember(
            "cancellable",
            .flag(\.isCancellable),
            .head { $0.isCancellable = $1.isCancellable ?? $0.isCancellable }
        ),
        ReportMember("attempt", .attempt(\.attempt), .head { $0.attempt = $1.attempt ?? $0.attempt }),
        ReportMember("worker", .text(\.worker), .lease),
        ReportMember("lease", .duration(\.lease), .lease),
        ReportMember("waitingFor", .question(\.waitingFor), .question),
        ReportMember("status", .status, .end),
        ReportMember("result", .result, .end),
        ReportMember("error", .problem, .end),
    ]
}
