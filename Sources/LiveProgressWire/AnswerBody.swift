// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// The body of an answer to a question.
package struct AnswerBody: Sendable, Hashable {
    /// The answer.
    package var answer: String
    /// The number of the question; `nil` for the open one.
    package var number: Int?

    /// Creates a body.
    package init(answer: String, number: Int? = nil) {
        self.answer = answer
        self.number = number
    }

    /// Returns the JSON of the body.
    package var json: [UInt8] {
        var writer = JSONWriter(reservingCapacity: 64)
        writer.beginObject()
        writer.member("answer")
        writer.write(answer)
        if let number {
            writer.member("number")
            writer.write(number)
        }
        writer.endObject()
        return writer.bytes
    }

    private static let members = ["answer", "number"]

    /// Reads a body in JSON.
    ///
    /// - Throws: ``WireError``, which names the member and says what is allowed.
    package init(json bytes: some Sequence<UInt8>) throws(WireError) {
        try self.init(WireReader(json: bytes).object)
    }

    /// Reads a body that is a form.
    ///
    /// - Throws: ``WireError``, which names the field and says what is allowed.
    package init(form bytes: some Sequence<UInt8>) throws(WireError) {
        var members: JSONObject = [:]
        for (name, value) in try FormURLEncoded.fields(of: bytes) {
            members[name] =
                name.hasBytes(of: "number") ? Int64(value).map { .integer($0) } ?? .string(value) : .string(value)
        }
        try self.init(members)
    }

    private init(_ members: JSONObject) throws(WireError) {
        for name in members.names where Self.members.first(withBytesOf: name) == nil {
            throw WireError(member: name, message: "There is no member \(name); allowed are answer, number.")
        }
        let reader = WireReader(members, nullIsAbsent: false)
        answer = try reader.required("answer", reader.string("answer"))
        number = try reader.count("number").map { Int(clamping: $0) }
    }
}
