// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Foundation
import LiveProgress
import Testing

@Suite("The JSON writer")
struct JSONWriterTests {
    @Test(
        "Values are written compactly and exactly, as valid JSON",
        arguments: [
            (.null, "null"), (true, "true"), (false, "false"), (0, "0"), (-1, "-1"), (42, "42"), (1_000_000, "1000000"),
            (.integer(.max), "9223372036854775807"), (.integer(.min), "-9223372036854775808"),
            (.number(0), "0.0"), (.number(-0.0), "-0.0"), (.number(0.1), "0.1"), (.number(100), "100.0"),
            (.number(1e16), "1e+16"), (.number(.leastNonzeroMagnitude), "5e-324"), (.number(-1.5e300), "-1.5e+300"),
            (.number(.greatestFiniteMagnitude), "1.7976931348623157e+308"),
            (.number(.nan), "null"), (.number(.infinity), "null"), (.number(-.infinity), "null"),
            ("", "\"\""), ("plain", "\"plain\""), ("é€😀", "\"é€😀\""), ("a/b", "\"a/b\""), ("\u{7F}", "\"\u{7F}\""),
            ("\"\\\u{8}\u{C}\n\r\t", #""\"\\\b\f\n\r\t""#),
            ("\0\u{1}\u{F}\u{10}\u{1F}", #""\u0000\u0001\u000f\u0010\u001f""#),
            ("a\nb\nc", #""a\nb\nc""#), ("\n", #""\n""#), ([], "[]"), ([1, [2], []], "[1,[2],[]]"), ([:], "{}"),
            (["b": 1, "a": [nil, ["c\"": true]]], #"{"b":1,"a":[null,{"c\"":true}]}"#),
        ] as [(JSONValue, String)]
    )
    func writes(_ value: JSONValue, _ text: String) {
        #expect(value.jsonString == text)
        #expect(value.jsonBytes == Array(text.utf8))
        #expect("\(value)" == text)
    }

    @Test("Successive calls write one text, with commas")
    func writesPieces() {
        var writer = JSONWriter(reservingCapacity: 64)
        writer.beginObject()
        writer.name("a")
        writer.write(1)
        writer.name("b")
        writer.beginArray()
        writer.write(UInt64.max)
        writer.writeNull()
        writer.beginObject()
        writer.endObject()
        writer.endArray()
        writer.name("c")
        writer.write(preformatted: "[0]".utf8)
        writer.member("d")
        writer.write(JSONValue.string("x"))
        writer.endObject()
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == #"{"a":1,"b":[18446744073709551615,null,{}],"c":[0],"d":"x"}"#
        )
    }

    @Test("Each character that needs an escape is escaped at every position, and no other character", arguments: 0..<20)
    func escapesEverywhere(length: Int) {
        for byte in UInt8.min...UInt8.max where byte < 0x80 {
            for place in 0..<length {
                var utf8 = Array(repeating: UInt8(ascii: "!"), count: length)
                utf8[place] = byte
                let text = String(decoding: utf8, as: UTF8.self)
                let escaped = #""\#(text)""#
                let needsEscape = byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
                #expect((JSONValue.string(text).jsonString == escaped) == !needsEscape)
                #expect((try? JSONValue(parsing: JSONValue.string(text).jsonBytes)) == .string(text))
            }
        }
    }

    @Test("A cursor is written as its text, with any epoch")
    func writesCursors() {
        for (epoch, text) in [("k3f9", #""k3f9-42""#), ("\"", #""\"-42""#)] {
            var writer = JSONWriter()
            writer.write(ProgressCursor(epoch: epoch, revision: 42))
            #expect(String(decoding: writer.bytes, as: UTF8.self) == text)
        }
    }

    @Test("Our parser and Foundation parse each written value to the same value", arguments: 0..<200)
    func readsBack(seed: Int) throws {
        var random = RandomJSON(seed: UInt64(seed))
        for _ in 0..<20 {
            let value = random.value(depth: 4)
            let bytes = value.jsonBytes
            #expect(try JSONValue(parsing: bytes) == value)
            let decoded = try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
            #expect(RandomJSON.sorted(decoded) == RandomJSON.sorted(value))
            let foreign = try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
            #expect(RandomJSON.matches(foreign, value), "\(value)")
        }
    }

    @Test("Numbers of any bit pattern are written and parsed without change", arguments: 0..<20)
    func readsBackNumbers(seed: Int) throws {
        var random = RandomJSON(seed: UInt64(seed))
        for _ in 0..<500 {
            let number = Double(bitPattern: random.next())
            guard number.isFinite else { continue }
            let read = try JSONValue(parsing: JSONValue.number(number).jsonString)
            #expect(read.doubleValue?.bitPattern == number.bitPattern)
            // Few digits, so that the parser's fast path is tested too.
            let short = "\(random.next() % 100_000_000).\(random.next() % 10_000)e\(Int(random.next() % 40) - 20)"
            #expect(try JSONValue(parsing: short).doubleValue == Double(short))
        }
    }
}
