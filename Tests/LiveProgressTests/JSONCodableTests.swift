// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Foundation
import LiveProgress
import Testing

@Suite("JSON values and Codable")
struct JSONCodableTests {
    private struct Details: Codable, Equatable {
        var file: String
        var bytes: Int
        var ratio: Double?
        var when: Date
        var extra: JSONValue
    }

    @Test("A Codable value is converted to JSON and back")
    func encodesAndDecodes() throws {
        let details = Details(
            file: "a/b.csv",
            bytes: 7,
            ratio: nil,
            when: Date(timeIntervalSince1970: 0),
            extra: ["x": [1, 2.5, nil, true, "y"]]
        )
        let value = try JSONValue(encoding: details)
        #expect(
            value.jsonString
                == #"{"bytes":7,"extra":{"x":[1,2.5,null,true,"y"]},"file":"a/b.csv","when":"1970-01-01T00:00:00Z"}"#
        )
        #expect(try value.decode(as: Details.self) == details)
    }

    @Test("Decoding throws if the JSON does not fit the type")
    func refusesWhatDoesNotFit() {
        #expect(throws: DecodingError.self) { try JSONValue.object(["file": 1]).decode(as: Details.self) }
    }

    @Test("Foundation's coders keep JSON values unchanged", arguments: 0..<50)
    func passesThroughFoundation(seed: Int) throws {
        var random = RandomJSON(seed: UInt64(seed))
        let value = random.value(depth: 3)
        let data = try JSONEncoder().encode(value)
        let ours = try JSONValue(parsing: data)
        let theirs = try JSONDecoder().decode(JSONValue.self, from: data)
        #expect(RandomJSON.sorted(ours) == RandomJSON.sorted(value))
        #expect(RandomJSON.sorted(theirs) == RandomJSON.sorted(value))
    }

    @Test("NaN and infinity are encoded as null")
    func encodesNonNumbers() throws {
        let data = try JSONEncoder().encode([JSONValue.number(.nan), .number(.infinity), .number(1.5)])
        #expect(String(decoding: data, as: UTF8.self) == "[null,null,1.5]")
    }

    @Test("A JSON value is encoded and decoded as itself, with its members in order")
    func keepsJSON() throws {
        let value: JSONValue = ["b": 1, "a": 2]
        #expect(try JSONValue(encoding: value) == value)
        #expect(try value.decode(as: JSONValue.self) == value)
    }
}
