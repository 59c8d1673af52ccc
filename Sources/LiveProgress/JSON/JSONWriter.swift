// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A writer of compact JSON (RFC 8259) into bytes, in the order of the calls.
///
/// The writer adds the commas. The caller must close each object and array, and must write a name before each member's
/// value.
///
/// ```swift
/// var writer = JSONWriter()
/// writer.beginObject()
/// writer.member("state")
/// writer.write("Processing")
/// writer.endObject()
/// writer.bytes  // {"state":"Processing"}
/// ```
package struct JSONWriter: Sendable {
    /// The text written so far, in UTF-8.
    package private(set) var bytes: [UInt8] = []
    /// Whether the next value or name needs a comma before it.
    private var needsComma = false

    /// Creates an empty writer with room for `capacity` bytes.
    package init(reservingCapacity capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    /// Begins a new JSON text directly after the text written so far.
    package mutating func beginText() {
        needsComma = false
    }

    /// Opens an object.
    package mutating func beginObject() {
        beginValue()
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
    }

    /// Closes an object.
    package mutating func endObject() {
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    /// Opens an array.
    package mutating func beginArray() {
        beginValue()
        bytes.append(UInt8(ascii: "["))
        needsComma = false
    }

    /// Closes an array.
    package mutating func endArray() {
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    /// Writes the name of the member whose value comes next.
    package mutating func name(_ name: String) {
        write(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes the name of the member whose value comes next; the name must need no escape.
    package mutating func member(_ name: StaticString) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = false
        bytes.append(UInt8(ascii: "\""))
        appendASCII(name)
        appendASCII("\":")
    }

    /// Writes `null`.
    package mutating func writeNull() {
        beginValue()
        appendASCII("null")
    }

    /// Writes `true` or `false`.
    package mutating func write(_ value: Bool) {
        beginValue()
        appendASCII(value ? "true" : "false")
    }

    /// Writes an integer, exactly.
    package mutating func write(_ value: Int) {
        write(Int64(value))
    }

    /// Writes an integer, exactly.
    package mutating func write(_ value: Int64) {
        beginValue()
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        appendDigits(of: value.magnitude)
    }

    /// Writes an integer, exactly.
    package mutating func write(_ value: UInt64) {
        beginValue()
        appendDigits(of: value)
    }

    /// Writes a duration in seconds, as an integer if it is one.
    package mutating func write(_ value: Duration) {
        let (seconds, rest) = value.components
        if rest == 0 { write(seconds) } else { write(value / .seconds(1)) }
    }

    /// Writes the shortest number that reads back as the same value; NaN and the infinities become `null`.
    package mutating func write(_ value: Double) {
        guard value.isFinite else { return writeNull() }
        beginValue()
        // For every finite value the description is a JSON number: "0.5", "-0.0", "1e+16", "5e-324".
        bytes.append(contentsOf: value.description.utf8)
    }

    /// Writes a string.
    package mutating func write(_ value: String) {
        beginValue()
        appendString(value)
    }

    /// Writes the text form of a cursor.
    package mutating func write(_ cursor: ProgressCursor) {
        beginValue()
        bytes.append(UInt8(ascii: "\""))
        appendEscaped(cursor.epoch)
        if cursor.generation > 0 {
            bytes.append(UInt8(ascii: "."))
            appendDigits(of: UInt64(cursor.generation))
        }
        bytes.append(UInt8(ascii: "-"))
        appendDigits(of: cursor.revision)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes a string that `append` builds in place, from characters that need no escape.
    package mutating func writeText(_ append: (_ text: inout [UInt8]) -> Void) {
        beginValue()
        bytes.append(UInt8(ascii: "\""))
        append(&bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes a value that is already JSON, byte for byte; the caller must ensure that it is valid.
    package mutating func write(preformatted json: some Collection<UInt8>) {
        beginValue()
        bytes.append(contentsOf: json)
    }

    /// Writes a value, with its members in their order.
    package mutating func write(_ value: JSONValue) {
        switch value {
        case .null: writeNull()
        case .bool(let value): write(value)
        case .integer(let value): write(value)
        case .number(let value): write(value)
        case .string(let value): write(value)
        case .array(let elements):
            beginArray()
            for element in elements { write(element) }
            endArray()
        case .object(let object): write(object)
        }
    }

    /// Writes an object, with its members in their order.
    package mutating func write(_ object: JSONObject) {
        beginObject()
        for (name, value) in object {
            self.name(name)
            write(value)
        }
        endObject()
    }

    private mutating func beginValue() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func appendASCII(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func appendDigits(of magnitude: UInt64) {
        magnitude.appendDigits(to: &bytes)
    }

    private mutating func appendString(_ string: String) {
        bytes.append(UInt8(ascii: "\""))
        appendEscaped(string)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends the text between the quotation marks; copies runs without escapes as a whole.
    private mutating func appendEscaped(_ string: String) {
        var string = string
        string.withUTF8 { utf8 in
            var run = 0
            while let index = JSONEscapes.first(in: utf8, from: run) {
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[run..<index]))
                appendEscape(of: utf8[index])
                run = index + 1
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[run...]))
        }
    }

    private mutating func appendEscape(of byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): appendASCII("\\\"")
        case UInt8(ascii: "\\"): appendASCII("\\\\")
        case 0x08: appendASCII("\\b")
        case 0x09: appendASCII("\\t")
        case 0x0A: appendASCII("\\n")
        case 0x0C: appendASCII("\\f")
        case 0x0D: appendASCII("\\r")
        default:
            appendASCII(byte < 0x10 ? "\\u000" : "\\u001")
            let low = byte & 0x0F
            bytes.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
        }
    }
}
