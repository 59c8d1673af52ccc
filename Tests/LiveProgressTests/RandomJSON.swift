// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Foundation
import LiveProgress
import LiveProgressTesting

/// A generator of random JSON values; the same seed gives the same values.
struct RandomJSON: RandomNumberGenerator {
    private var source: SeededGenerator

    init(seed: UInt64) {
        source = SeededGenerator(seed: seed)
    }

    mutating func next() -> UInt64 { source.next() }

    /// Returns a random value whose arrays and objects are nested up to the depth.
    mutating func value(depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &self) {
        case 0: return .null
        case 1: return .bool(.random(using: &self))
        case 2: return .integer(Int64(truncatingIfNeeded: next()) >> Int64.random(in: 0..<64, using: &self))
        case 3: return .number(Double.random(in: -1e6...1e6, using: &self))
        case 4, 5: return .string(string())
        case 6: return .array((0..<Int.random(in: 0..<5, using: &self)).map { _ in value(depth: depth - 1) })
        default:
            return .object(
                JSONObject((0..<Int.random(in: 0..<5, using: &self)).map { _ in (string(), value(depth: depth - 1)) })
            )
        }
    }

    /// Returns a random string with characters that need escapes and characters of one to four bytes.
    mutating func string() -> String {
        let ranges: [ClosedRange<UInt32>] = [
            0...0x1F, 0x20...0x7E, 0x20...0x7E, 0x80...0x2FF, 0x800...0xD7FF, 0x1F300...0x1F6FF,
        ]
        var text = ""
        for _ in 0..<Int.random(in: 0..<24, using: &self) {
            let scalar = UInt32.random(in: ranges.randomElement(using: &self)!, using: &self)
            text.unicodeScalars.append(Unicode.Scalar(scalar)!)
        }
        return text
    }

    /// Returns whether Foundation parsed a text to the same value.
    static func matches(_ foreign: Any, _ value: JSONValue) -> Bool {
        switch value {
        case .null: foreign is NSNull
        case .bool(let value): foreign as? Bool == value
        case .integer(let value): (foreign as? NSNumber)?.int64Value == value
        // JSONSerialization parses through a decimal number, so the last bits may differ.
        case .number(let value): abs(((foreign as? NSNumber)?.doubleValue ?? .infinity) - value) <= 16 * value.ulp
        case .string(let value): (foreign as? String)?.unicodeScalars.elementsEqual(value.unicodeScalars) == true
        case .array(let elements):
            (foreign as? [Any]).map { foreign in
                foreign.count == elements.count && zip(foreign, elements).allSatisfy { matches($0, $1) }
            } ?? false
        case .object(let object):
            (foreign as? [String: Any]).map { foreign in
                foreign.count == object.count && object.allSatisfy { matches(foreign[$0.name] ?? 0, $0.value) }
            } ?? false
        }
    }

    /// Returns the value with sorted members and with whole numbers as integers, because some coders keep neither.
    static func sorted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements): .array(elements.map(sorted))
        case .object(let object):
            .object(JSONObject(object.sorted { $0.name < $1.name }.map { ($0.name, sorted($0.value)) }))
        case .number(let number): Int64(exactly: number).map(JSONValue.integer) ?? value
        default: value
        }
    }
}
