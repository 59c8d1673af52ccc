// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import LiveProgress

/// A reader of the members of an object, whose errors name the wrong member.
///
/// An absent member is `nil`. In messages of a server, `null` also means absent; in reports it does not.
struct WireReader {
    let object: JSONObject
    /// The prefix of a member's name in errors, such as `progress.`.
    let prefix: String
    let nullIsAbsent: Bool

    init(_ object: JSONObject, prefix: String = "", nullIsAbsent: Bool = true) {
        self.object = object
        self.prefix = prefix
        self.nullIsAbsent = nullIsAbsent
    }

    /// Creates a reader of a JSON text, which must be an object.
    init(
        json bytes: some Sequence<UInt8>,
        maximumDepth: Int = JSONValue.defaultMaximumDepth
    ) throws(WireError) {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes, maximumDepth: maximumDepth)
        } catch {
            throw WireError(error)
        }
        guard let object = value.objectValue else { throw WireError(message: "The text must be a JSON object.") }
        self.init(object)
    }

    /// Returns an error that says what a member must be.
    func error(_ name: String, _ rule: String) -> WireError {
        WireError(prefix + name, rule)
    }

    func value(_ name: String) -> JSONValue? {
        let value = object[name]
        return nullIsAbsent && value?.isNull == true ? nil : value
    }

    /// Returns the value of a required member; throws if it is absent.
    func required<T>(_ name: String, _ value: T?) throws(WireError) -> T {
        guard let value else { throw error(name, "is missing") }
        return value
    }

    func string(_ name: String) throws(WireError) -> String? {
        try read(name, "must be a string") { $0.stringValue }
    }

    func bool(_ name: String) throws(WireError) -> Bool? {
        try read(name, "must be true or false") { $0.boolValue }
    }

    func number(_ name: String) throws(WireError) -> Double? {
        try read(name, "must be a number") { $0.doubleValue }
    }

    func object(_ name: String) throws(WireError) -> JSONObject? {
        try read(name, "must be an object") { $0.objectValue }
    }

    /// Returns an integer that is not negative.
    func count(_ name: String) throws(WireError) -> Int64? {
        let count = try read(name, "must be an integer of 64 bits") { $0.intValue }
        guard let count, count < 0 else { return count }
        throw error(name, "must not be negative")
    }

    /// Returns the number of an attempt.
    func attempt() throws(WireError) -> Int? {
        try read("attempt", "must be an integer from 1") { value in
            value.intValue.flatMap { Int(exactly: $0) }.flatMap { $0 >= 1 ? $0 : nil }
        }
    }

    /// Returns the identifier of an operation.
    func id(_ name: String) throws(WireError) -> ProgressID? {
        let rule = "must be 1 to \(ProgressID.maximumLength) characters of A-Z a-z 0-9 - . _ ~ : @"
        return try read(name, rule) { value in value.stringValue.flatMap { ProgressID($0) } }
    }

    /// Returns a date in RFC 3339.
    func date(_ name: String) throws(WireError) -> Date? {
        try read(name, "must be a date such as 2026-01-02T03:04:05.678Z") { value in
            value.stringValue.flatMap { ProgressTimestamp.parse($0) }
        }
    }

    /// Returns the member `labels`, an object of strings.
    ///
    /// The length of a name is checked before the name becomes a key: hashing a long run of combining marks takes
    /// quadratic time.
    func labels(maximumNameLength: Int = .max) throws(WireError) -> [String: String]? {
        guard let members = try object("labels") else { return nil }
        var labels: [String: String] = [:]
        for (name, value) in members {
            guard (1...maximumNameLength).contains(name.utf8.count) else {
                throw error("labels", "must have names of 1 to \(maximumNameLength) bytes")
            }
            guard let text = value.stringValue else { throw error("labels.\(name)", "must be a string") }
            labels[name] = text
        }
        return labels
    }

    private func read<T>(_ name: String, _ rule: String, as convert: (JSONValue) -> T?) throws(WireError) -> T? {
        guard let value = value(name) else { return nil }
        guard let converted = convert(value) else { throw error(name, rule) }
        return converted
    }
}
