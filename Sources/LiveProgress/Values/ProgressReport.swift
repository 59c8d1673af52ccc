// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// What a worker says at once, each report one revision: what is absent stays as it is.
///
/// ```swift
/// var report = ProgressReport(state: "Copying", details: ["file": "a.csv"])
/// report.completedCount = 3
/// tracker.report(report)
/// ```
public struct ProgressReport: Sendable, Hashable {
    /// What the worker is doing; a state without ``details`` clears the details.
    public var state: String?
    /// What it tells beside the state; alone, it leaves the state as it is.
    public var details: JSONValue?
    /// Units done; a number that is lower than what is shown came late, and leaves that as it is.
    public var completedCount: Int64?
    /// Units in all; `.some(nil)` says that the total is not known.
    public var totalCount: Int64??
    /// What is counted.
    public var unit: String?
    /// Units done since the last report, added after ``completedCount``; not negative.
    public var advance: Int64?
    /// Units that were done before this run, as by the run that it resumes: they are done, but they are no speed.
    public var baselineCount: Int64?
    /// The share done, from 0 to 1, of a worker that knows no more; where the counts have a fraction, they decide.
    public var fractionCompleted: Double?
    /// A new title.
    public var title: String?
    /// Labels to set; an empty value removes the label.
    public var labels: [String: String]?
    /// Whether a request to cancel is taken from now on.
    public var isCancellable: Bool?
    /// The attempt that reports: the current one, or the next to begin it; an older one is refused as stale.
    public var attempt: Int?
    /// The end, where this is the last report.
    public var outcome: ProgressOutcome?

    /// A report that says nothing yet, or just a state with its details.
    public init(state: String? = nil, details: JSONValue? = nil) {
        self.state = state
        self.details = details
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
        ReportMember("title", .text(\.title), .head { $0.title = $1.title ?? $0.title }),
        ReportMember("labels", .labels(\.labels), .head { $0.setLabels($1.labels ?? [:]) }),
        ReportMember(
            "cancellable",
            .flag(\.isCancellable),
            .head { $0.isCancellable = $1.isCancellable ?? $0.isCancellable }
        ),
        ReportMember("attempt", .attempt(\.attempt), .head { $0.attempt = $1.attempt ?? $0.attempt }),
        ReportMember("status", .status, .end),
        ReportMember("result", .result, .end),
        ReportMember("error", .problem, .end),
    ]
}
