// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The input as choices, one byte each, so that every change of it makes another input of the same structure.
public struct Choices {
    private var rest: ArraySlice<UInt8>

    /// The choices of an input.
    public init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    /// Whether there is nothing left to choose.
    public var isEmpty: Bool { rest.isEmpty }

    /// The next byte; at the end, 0 for ever.
    public mutating func next() -> UInt8 { rest.popFirst() ?? 0 }

    /// A number below a bound, and 0 at the end.
    public mutating func number(below bound: Int) -> Int { Int(next()) % bound }

    /// The usual, also at the end, or now and then one of the others.
    public mutating func pick<Choice>(_ usual: Choice, rarely others: [Choice]) -> Choice {
        let choice = Int(next())
        return choice < 128 || others.isEmpty ? usual : others[(choice - 128) % others.count]
    }

    /// Whether something unusual shall be, which it shall not be at the end.
    public mutating func happens() -> Bool { next() > 191 }

    /// Some bytes as they are.
    public mutating func bytes(atMost most: Int) -> [UInt8] {
        let bytes = Array(rest.prefix(number(below: most + 1)))
        rest = rest.dropFirst(bytes.count)
        return bytes
    }
}
