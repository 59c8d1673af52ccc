// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressTesting
import Testing

@Suite("Members of a JSON object")
struct JSONObjectTests {
    /// A simple model of an ordered object.
    private struct Model {
        var members: [(name: String, value: JSONValue)] = []

        mutating func set(_ name: String, _ value: JSONValue?) {
            let position = members.firstIndex { Array($0.name.utf8) == Array(name.utf8) }
            switch (position, value) {
            case (let position?, let value?): members[position].value = value
            case (let position?, nil): members.remove(at: position)
            case (nil, let value?): members.append((name, value))
            case (nil, nil): break
            }
        }
    }

    @Test("Small and large objects behave the same when changed and read", arguments: 0..<100 as Range<UInt64>)
    func againstModel(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var (object, model) = (JSONObject(), Model())
        for step in 0..<200 as Range<Int64> {
            let name =
                String(repeating: "n", count: Int.random(in: 0...3, using: &random))
                + "\(Int.random(in: 0...9, using: &random))"
            let value: JSONValue? = Int.random(in: 0...3, using: &random) == 0 ? nil : .integer(step)
            object[name] = value
            model.set(name, value)
            try #require(object.names == model.members.map(\.name))
            try #require(object.map(\.value) == model.members.map(\.value))
            try #require(object[name] == value)
        }
        #expect(object == JSONObject(model.members.map { ($0.name, $0.value) }))
        #expect(object.hashValue == JSONObject(model.members.map { ($0.name, $0.value) }).hashValue)
    }

    @Test("For members with the same name, the last value is kept at the first position", arguments: [3, 30])
    func sameName(count: Int) {
        let others = (0..<count).map { ("\($0)", JSONValue.null) }
        let object = JSONObject([("a", 1)] + others + [("a", 2)])
        #expect(object.names == ["a"] + others.map(\.0))
        #expect(object["a"] == 2)
    }

    @Test("Names are equal only if their code points are equal", arguments: [0, 30])
    func codePoints(count: Int) {
        var object = JSONObject((0..<count).map { ("\($0)", .null) })
        object["\u{e9}"] = 1
        object["e\u{301}"] = 2
        #expect(object.count == count + 2)
        #expect(object["\u{e9}"] == 1)
        #expect(object["e\u{301}"] == 2)
    }

    @Test("Strings are equal only if their code points are equal, RFC 8259 section 8.3")
    func texts() {
        let (composed, decomposed) = (JSONValue.string("caf\u{e9}"), JSONValue.string("cafe\u{301}"))
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed, .array([composed]), .array([decomposed])]).count == 4)
        #expect(JSONValue.string("caf\u{e9}") == composed)
    }
}
