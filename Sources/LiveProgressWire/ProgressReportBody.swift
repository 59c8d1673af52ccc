// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import LiveProgress

/// The request bodies that create an operation or report on it, in JSON or as a form with the same names.
///
/// An absent member leaves its value unchanged. An unknown member is refused, so that a misspelt name is not taken for
/// a report. Only `details`, `totalCount` (the total is not known), `waitingFor`, `result` and `error` may be `null`.
package enum ProgressReportBody {
    /// The maximum length of a label's name, in bytes.
    package static let maximumLabelLength = 256

    /// The deepest nesting of a body; less than the limit of readers, because messages nest reports in further objects.
    package static let maximumDepth = 100

    /// The names of a report's members, in the order in which they are written.
    static let reportMembers = ReportMember.all.map(\.name)

    /// The names of the members that are allowed only in the creation of an operation.
    package static let creationMembers = ["id", "parent"]

    /// The names of all members.
    static let members = creationMembers + reportMembers

    /// Reads a report in JSON; an empty body is an empty report.
    ///
    /// - Throws: ``WireError``, which names the member and says what is allowed.
    package static func decodeReport(json bytes: some Sequence<UInt8>) throws(WireError) -> ProgressReport {
        try decodeReport(members(json: bytes))
    }

    /// Reads a report from a form (`application/x-www-form-urlencoded`).
    ///
    /// `details` is a JSON text. `details.NAME=VALUE` sets one member of the details, `labels.NAME=VALUE` one label.
    ///
    /// - Throws: ``WireError``, which names the member and says what is allowed.
    package static func decodeReport(form bytes: some Sequence<UInt8>) throws(WireError) -> ProgressReport {
        try decodeReport(FormURLEncoded.members(of: bytes))
    }

    /// Reads the body that creates an operation, in JSON: identifier, options, and an optional first report.
    ///
    /// - Throws: ``WireError``, which names the member and says what is allowed.
    package static func decodeCreate(
        json bytes: some Sequence<UInt8>
    ) throws(WireError) -> (id: ProgressID?, options: ProgressOptions, report: ProgressReport?) {
        try decodeCreate(members(json: bytes))
    }

    /// Reads the body that creates an operation, as a form: identifier, options, and an optional first report.
    ///
    /// - Throws: ``WireError``, which names the member and says what is allowed.
    package static func decodeCreate(
        form bytes: some Sequence<UInt8>
    ) throws(WireError) -> (id: ProgressID?, options: ProgressOptions, report: ProgressReport?) {
        try decodeCreate(FormURLEncoded.members(of: bytes))
    }

    /// Checks that a body is empty, or a JSON object without members.
    ///
    /// - Throws: ``WireError`` if the body has a member, or is not JSON.
    package static func checkEmpty(json bytes: some Sequence<UInt8>) throws(WireError) {
        try checkNames(of: members(json: bytes), allowed: [])
    }

    /// Checks that a form has no fields.
    ///
    /// - Throws: ``WireError`` if the form has a field, or is malformed.
    package static func checkEmpty(form bytes: some Sequence<UInt8>) throws(WireError) {
        try checkNames(of: FormURLEncoded.members(of: bytes), allowed: [])
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
            lease: report.lease
        )
        report.title = nil
        report.labels = nil
        report.isCancellable = nil
        report.lease = nil
        return (try reader.id("id"), options, report == ProgressReport() ? nil : report)
    }

    private static func checkNames(of members: JSONObject, allowed: [String]) throws(WireError) {
        for name in members.names where allowed.first(withBytesOf: name) == nil {
            let list = allowed.isEmpty ? "none is allowed" : "allowed are \(allowed.joined(separator: ", "))"
            throw WireError(member: name, message: "There is no member \(name); \(list).")
        }
    }
}
