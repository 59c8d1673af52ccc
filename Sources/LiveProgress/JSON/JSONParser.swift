// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A strict parser of one JSON text (RFC 8259), in one pass.
///
/// The parser refuses, among others: trailing bytes, trailing commas, leading zeros, unescaped control characters,
/// escapes of lone surrogates, malformed UTF-8, a byte order mark, numbers too large for a `Double`, and nesting beyond
/// the limit, which bounds the recursion.
struct JSONParser {
    let bytes: [UInt8]
    let maximumDepth: Int
    var position = 0

    init(bytes: [UInt8], maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    /// The byte at the position, or `nil` at the end of the text.
    var next: UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    /// Parses the whole text as one value.
    mutating func parseText() throws(JSONError) -> JSONValue {
        skipWhitespace()
        let value = try parseValue(depth: 0)
        skipWhitespace()
        guard position == bytes.count else { throw expected("the end of the text") }
        return value
    }

    /// Returns an error at the position.
    func expected(_ what: String) -> JSONError {
        JSONError(offset: position, expected: what)
    }

    /// Moves past a byte if it is the next one; returns whether it is.
    mutating func consume(_ byte: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: byte) else { return false }
        position += 1
        return true
    }

    private mutating func skipWhitespace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    private mutating func parseValue(depth: Int) throws(JSONError) -> JSONValue {
        guard let byte = next else { throw expected("a value") }
        switch byte {
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "{"): return .object(try parseObject(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try parseArray(depth: depth + 1))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
        case UInt8(ascii: "t"): return try parseLiteral("true", as: .bool(true))
        case UInt8(ascii: "f"): return try parseLiteral("false", as: .bool(false))
        case UInt8(ascii: "n"): return try parseLiteral("null", as: .null)
        default: throw expected("a value")
        }
    }

    private mutating func parseLiteral(_ literal: StaticString, as value: JSONValue) throws(JSONError) -> JSONValue {
        let end = position + literal.utf8CodeUnitCount
        guard end <= bytes.count,
            bytes[position..<end].elementsEqual(
                UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount)
            )
        else { throw expected("\(literal)") }
        position = end
        return value
    }

    private mutating func parseArray(depth: Int) throws(JSONError) -> [JSONValue] {
        try enter(depth: depth)
        var elements: [JSONValue] = []
        if consume("]") { return elements }
        while true {
            elements.append(try parseValue(depth: depth))
            skipWhitespace()
            if consume("]") { return elements }
            guard consume(",") else { throw expected("a comma or the end of the array") }
            skipWhitespace()
        }
    }

    private mutating func parseObject(depth: Int) throws(JSONError) -> JSONObject {
        try enter(depth: depth)
        var object = JSONObject()
        if consume("}") { return object }
        while true {
            guard next == UInt8(ascii: "\"") else { throw expected("a member's name in quotation marks") }
            let name = try parseString()
            skipWhitespace()
            guard consume(":") else { throw expected("a colon") }
            skipWhitespace()
            object[name] = try parseValue(depth: depth)
            skipWhitespace()
            if consume("}") { return object }
            guard consume(",") else { throw expected("a comma or the end of the object") }
            skipWhitespace()
        }
    }

    /// Moves past an opening bracket and the white space after it.
    private mutating func enter(depth: Int) throws(JSONError) {
        guard depth <= maximumDepth else { throw expected("at most \(maximumDepth) levels of nesting") }
        position += 1
        skipWhitespace()
    }
}
