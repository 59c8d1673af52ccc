// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Testing

@Suite("The JSON parser")
struct JSONParserTests {
    private static let representable = "a number that a 64-bit floating-point value can hold"

    @Test("Text that RFC 8259 permits is parsed", arguments: JSONTexts.valid)
    func readsValidText(_ text: String, _ value: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == value)
    }

    @Test("Text that RFC 8259 forbids is rejected at the wrong byte", arguments: JSONTexts.invalid)
    func refusesInvalidText(_ text: String, _ offset: Int, _ expected: String) {
        // Only these texts follow the grammar but exceed a range.
        let isOutOfRange = expected == Self.representable
        #expect(throws: JSONError(offset: offset, expected: expected, isOutOfRange: isOutOfRange)) {
            try JSONValue(parsing: text)
        }
    }

    @Test(
        "Malformed UTF-8 is rejected at its first byte",
        arguments: JSONTexts.malformedUTF8
    )
    func refusesMalformedUTF8(_ bytes: [UInt8]) {
        let text = Array("[\"a".utf8) + bytes + Array("\"]".utf8)
        #expect(throws: JSONError(offset: 3, expected: "valid UTF-8")) { try JSONValue(parsing: text) }
    }

    @Test(
        "UTF-8 characters of every length are parsed",
        arguments: [
            "\u{7F}", "\u{80}", "\u{7FF}", "\u{800}", "\u{D7FF}", "\u{E000}", "\u{FFFF}", "\u{10000}", "\u{10FFFF}",
        ]
    )
    func readsEachLength(_ text: String) throws {
        #expect(try JSONValue(parsing: "\"\(text)\"") == .string(text))
    }

    @Test("Every truncated text is rejected within its length")
    func refusesTruncatedTexts() throws {
        let text = Array(#"{"a":[1,-2.5e+3,true,false,null,"x\u00e9\ud83d\ude00é😀\n"],"b":{}}"#.utf8)
        for length in text.indices {
            let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text[..<length]) }
            #expect(try #require(error).offset <= length)
        }
    }

    @Test("Text with any one byte changed is parsed or rejected without a crash (invariant 11)")
    func survivesEveryChangedByte() {
        let text = Array(#"{"a":[1,-2.5e+3,true,null,"x\u00e9\ud83d\ude00é"]}"#.utf8)
        var refused = 0
        for index in text.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = text
                changed[index] = byte
                if (try? JSONValue(parsing: changed)) == nil { refused += 1 }
            }
        }
        #expect(refused > text.count * 128)
    }

    @Test("An exponent is applied after any number of digits")
    func readsLongNumbers() throws {
        let zeros = String(repeating: "0", count: 1_000_000)
        #expect(try JSONValue(parsing: "0.\(zeros)1e1000003") == .number(100))
        #expect(try JSONValue(parsing: "1\(zeros)e-1000001") == .number(0.1))
        let tooLarge = JSONError(offset: 0, expected: Self.representable, isOutOfRange: true)
        #expect(throws: tooLarge) { try JSONValue(parsing: "0.\(zeros)1e2000000") }
    }

    @Test("Nesting is accepted up to the limit and rejected past the limit")
    func limitsDepth() throws {
        let deepest = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
        #expect(try JSONValue(parsing: deepest).jsonString == deepest)
        let tooDeep = JSONError(offset: 128, expected: "at most 128 levels of nesting")
        #expect(throws: tooDeep) { try JSONValue(parsing: "[" + deepest + "]") }
        #expect(throws: tooDeep) { try JSONValue(parsing: String(repeating: "[", count: 1_000_000)) }
        let objects = String(repeating: #"{"a":"#, count: 129)
        #expect(throws: JSONError(offset: 640, expected: "at most 128 levels of nesting")) {
            try JSONValue(parsing: objects)
        }
        #expect(throws: JSONError(offset: 1, expected: "at most 1 levels of nesting")) {
            try JSONValue(parsing: "[[]]", maximumDepth: 1)
        }
    }

    @Test("Members keep their order; of equal names, the last value is kept at the first position")
    func keepsOrder() throws {
        let value = try JSONValue(parsing: #"{"b":1,"a":2,"b":3,"":4}"#)
        #expect(value.objectValue?.names == ["b", "a", ""])
        #expect(value["b"] == 3)
        #expect(value.jsonString == #"{"b":3,"a":2,"":4}"#)
    }

    @Test("Names that differ only in composition stay separate")
    func keepsCompositionsApart() throws {
        let value = try JSONValue(parsing: #"{"\u00e9":1,"e\u0301":2}"#)
        #expect(value.objectValue?.count == 2)
        #expect(value["\u{E9}"] == 1)
        #expect(value["e\u{301}"] == 2)
    }

    @Test("The parser accepts any sequence of bytes, even without contiguous storage")
    func readsAnySequence() throws {
        let text = Array(#" {"a": [1]} "#.utf8)
        let pieces = AnySequence([text[..<5], text[5...]].lazy.joined())
        #expect(try JSONValue(parsing: pieces) == ["a": [1]])
    }

    @Test("The description of an error has the expected syntax and the position")
    func describesErrors() {
        #expect(JSONError(offset: 3, expected: "a colon").description == "Not JSON: expected a colon at byte 3.")
    }
}
