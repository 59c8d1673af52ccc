// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressGrammar

/// A reader that turns a form (`application/x-www-form-urlencoded`, as in the URL standard) into its JSON object.
package enum FormURLEncoded {
    /// Returns the members of a report's form, each with the value that it would have in JSON.
    ///
    /// Wrong values pass through: the checks of the report find them.
    ///
    /// If a field name repeats, the last field counts.
    ///
    /// - Throws: ``WireError`` if a field is malformed, or is not JSON where JSON is required.
    static func members(of bytes: some Sequence<UInt8>) throws(WireError) -> JSONObject {
        var members = JSONObject()
        var parts: [(member: ReportMember, name: String, value: String)] = []
        for (name, value) in try fields(of: bytes) {
            if let part = split(name) {
                parts.append((part.member, part.name, value))
            } else {
                members[name] = try Self.value(of: value, for: name)
            }
        }
        for member in dottedMembers {
            let ofMember = parts.filter { $0.member.name == member.name }
            try set(ofMember.map { ($0.name, $0.value) }, of: member, in: &members)
        }
        return members
    }

    /// The members whose own members a form can set one by one, as `details.NAME` and `labels.NAME`.
    private static let dottedMembers = ReportMember.all.filter { member in
        switch member.value {
        case .json, .labels: true
        default: false
        }
    }

    private static func set(
        _ fields: [(name: String, value: String)],
        of member: ReportMember,
        in members: inout JSONObject
    ) throws(WireError) {
        guard let first = fields.first else { return }
        let before = members[member.name]
        guard var object = before == nil ? [:] : before?.objectValue else {
            throw WireError("\(member.name).\(first.name)", "needs \(member.name) to be an object")
        }
        for (name, value) in fields {
            object[name] = if case .labels = member.value { .string(value) } else { scalar(value) }
        }
        members[member.name] = .object(object)
    }

    /// Returns the names and values of a form in order, with escapes decoded.
    ///
    /// - Throws: ``WireError`` if a name or value has a broken escape or is not UTF-8.
    package static func fields(of bytes: some Sequence<UInt8>) throws(WireError) -> [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        for field in Array(bytes).split(separator: UInt8(ascii: "&")) {
            let equals = field.firstIndex(of: UInt8(ascii: "=")) ?? field.endIndex
            guard let name = PercentCoding.decode(field[..<equals], plusIsSpace: true) else {
                throw malformed("The name of a field", member: nil)
            }
            guard let value = PercentCoding.decode(field[equals...].dropFirst(), plusIsSpace: true) else {
                throw malformed(name, member: name)
            }
            fields.append((name, value))
        }
        return fields
    }

    private static func malformed(_ what: String, member: String?) -> WireError {
        let rule = "must be UTF-8 in which % begins an escape: write %25 for a percent sign."
        return WireError(member: member, message: "\(what) \(rule)", isMalformed: true)
    }

    /// Returns the two parts of `details.NAME` or `labels.NAME`, or `nil` for another name.
    private static func split(_ field: String) -> (member: ReportMember, name: String)? {
        for member in dottedMembers where field.utf8.starts(with: "\(member.name).".utf8) {
            return (member, String(decoding: field.utf8.dropFirst(member.name.utf8.count + 1), as: UTF8.self))
        }
        return nil
    }

    private static func value(of text: String, for name: String) throws(WireError) -> JSONValue {
        switch ReportMember.named(name)?.value {
        case .json, .labels, .question, .result:
            do {
                return try JSONValue(parsing: text, maximumDepth: ProgressReportBody.maximumDepth - 1)
            } catch {
                throw WireError(name, "must be JSON: expected \(error.expected) at byte \(error.offset)")
            }
        case .problem:
            // An object is problem details. Any other text, JSON or not, says what happened.
            let value = try? JSONValue(parsing: text, maximumDepth: ProgressReportBody.maximumDepth - 1)
            if case .some(.object(let object)) = value { return .object(object) }
            return .string(text)
        case .total where text.isEmpty: return .null
        case .count, .total, .fraction, .units, .attempt, .duration, .flag: return scalar(text)
        case .text, .status, nil: return .string(text)
        }
    }

    /// Returns a number, `true`, `false` or `null` if the text is one in JSON, otherwise the text.
    private static func scalar(_ text: String) -> JSONValue {
        switch try? JSONValue(parsing: text) {
        case .some(.array), .some(.object), .some(.string), nil: .string(text)
        case .some(let value): value
        }
    }
}
