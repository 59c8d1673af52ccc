// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress

/// The bodies with which a worker reports and creates, in JSON or as a form, with the same names in both.
///
/// A member that is absent leaves things as they are. A member that is not known is refused, so that a misspelt one does
/// not pass for a report. `null` is a value only of `details`, `totalCount` (the total is not known), `result` and `error`.
public enum ProgressReportBody {
    /// The longest name of a label, in bytes.
    public static let maximumLabelLength = 256

    /// The longest lease that can be asked for, in seconds: a year.
    public static let maximumLease = 31_536_000.0

    /// The deepest nesting of a body: less than what readers take, since messages put reports into further objects.
    public static let maximumDepth = 100

    /// The members of a report, in the order in which they are written.
    static let reportMembers = ReportMember.all.map(\.name)

    /// The members that only the creation of an operation may have.
    package static let creationMembers = ["id", "parent", "lease"]

    /// Those of them that are numbers.
    static let numbersOfCreation = ["lease"]

    /// All members.
    static let members = creationMembers + reportMembers

    /// Reads a report in JSON; no bytes at all are a report that says nothing.
    ///
    /// - Throws: ``WireError``, which names the member and says what is allowed.
    public static func decodeReport(json bytes: some Sequence<UInt8>) throws(WireError) -> ProgressReport {
        try decodeReport(members(json: bytes))
    }

    /// Reads a report that is a form (`application/x-www-form-urlencoded`).
    ///
    /// `details` is a JSON text; `details.NAME=VALUE` sets one member of it, `labels.NAME=VALUE` one label.
    ///
    /// - Throws: ``WireError``, which names the member and says what is allowed.
    public static func decodeReport(form bytes: some Sequence<UInt8>) throws(WireError) -> ProgressReport {
        try decodeReport(FormBody.members(of: bytes))
    }

    /// Reads the body that creates an operation, in JSON: who and what it is, and its first report where it has one.
    ///
    /// - Throws: ``WireError``, which names the member and says what is allowed.
    public static func decodeCreate(
        json bytes: some Sequence<UInt8>
    ) throws(WireError) -> (id: ProgressID?, options: ProgressOptions, report: ProgressReport?) {
        try decodeCreate(members(json: bytes))
    }

    /// Reads the body that creates an operation, as a form: who and what it is, and its first report where it has one.
    ///
    /// - Throws: ``WireError``, which names the member and says what is allowed.
    public static func decodeCreate(
        form bytes: some Sequence<UInt8>
    ) throws(WireError) -> (id: ProgressID?, options: ProgressOptions, report: ProgressReport?) {
        try decodeCreate(FormBody.members(of: bytes))
    }

    /// Checks a body that has nothing to say: it is empty, or an object without members.
    ///
    /// - Throws: ``WireError`` where it says something, or is no JSON.
    package static func checkEmpty(json bytes: some Sequence<UInt8>) throws(WireError) {
        try checkNames(of: members(json: bytes), allowed: [])
    }

    /// Checks a form that has nothing to say.
    ///
    /// - Throws: ``WireError`` where it says something, or is no form.
    package static func checkEmpty(form bytes: some Sequence<UInt8>) throws(WireError) {
        try checkNames(of: FormBody.members(of: bytes), allowed: [])
    }

    private static func members(json bytes: some Sequence<UInt8>) throws(WireError) -> JSONObject {
        let bytes = Array(bytes)
        return bytes.isEmpty ? [:] : try WireReader(json: bytes, maximumDepth: maximumDepth).object
    }

    private static func decodeReport(_ members: JSONObject) throws(WireError) -> ProgressReport {
        try checkNames(of: members, allowed: reportMembers)
        return try WireReader(members, nullIsAbsent: false).report()
    }

    private static func decodeCreate(
        _ members: JSONObject
    ) throws(WireError) -> (id: ProgressID?, options: ProgressOptions, report: ProgressReport?) {
        try checkNames(of: members, allowed: Self.members)
        let reader = WireReader(members, nullIsAbsent: false)
        var report = try reader.report()
        let options = ProgressOptions(
            title: report.title,
            parent: try reader.id("parent"),
            labels: (report.labels ?? [:]).filter { !$0.value.isEmpty },
            isCancellable: report.isCancellable ?? false,
            lease: try reader.lease()
        )
        report.title = nil
        report.labels = nil
        report.isCancellable = nil
        return (try reader.id("id"), options, report.isEmpty ? nil : report)
    }

    private static func checkNames(of members: JSONObject, allowed: [String]) throws(WireError) {
        for name in members.names where allowed.first(withBytesOf: name) == nil {
            let list = allowed.isEmpty ? "none is allowed" : "allowed are \(allowed.joined(separator: ", "))"
            throw WireError(member: name, message: "There is no member \(name); \(list).")
        }
    }
}
