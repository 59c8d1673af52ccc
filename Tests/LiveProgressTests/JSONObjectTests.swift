// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressTesting
import Testing

@Suite("Members of a JSON object")
struct JSONObjectTests {
    /// The plainest way to keep members in order.
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

    @Test("Few members and many are set, replaced, removed and found alike", arguments: 0..<100 as Range<UInt64>)
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

    @Test("Of members with the same name the last value counts, at the first one's place", arguments: [3, 30])
    func sameName(count: Int) {
        let others = (0..<count).map { ("\($0)", JSONValue.null) }
        let object = JSONObject([("a", 1)] + others + [("a", 2)])
        #expect(object.names == ["a"] + others.map(\.0))
        #expect(object["a"] == 2)
    }

    @Test("Names are the same when their code points are, not when they look alike", arguments: [0, 30])
    func codePoints(count: Int) {
        var object = JSONObject((0..<count).map { ("\($0)", .null) })
        object["\u{e9}"] = 1
        object["e\u{301}"] = 2
        #expect(object.count == count + 2)
        #expect(object["\u{e9}"] == 1)
        #expect(object["e\u{301}"] == 2)
    }

    @Test("Texts are the same when their code points are, as RFC 8259 section 8.3 has it")
    func texts() {
        let (composed, decomposed) = (JSONValue.string("caf\u{e9}"), JSONValue.string("cafe\u{301}"))
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed, .array([composed]), .array([decomposed])]).count == 4)
        #expect(JSONValue.string("caf\u{e9}") == composed)
    }
}
