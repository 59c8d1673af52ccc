// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Choices from an input, one byte each, so that every mutation gives another input of the same structure.
public struct Choices {
    private var rest: ArraySlice<UInt8>

    /// Creates the choices of an input.
    public init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    /// Whether no choices are left.
    public var isEmpty: Bool { rest.isEmpty }

    /// Returns the next byte, and 0 after the end.
    public mutating func next() -> UInt8 { rest.popFirst() ?? 0 }

    /// Returns a number below a bound, and 0 after the end.
    public mutating func number(below bound: Int) -> Int { Int(next()) % bound }

    /// Returns the usual choice, or sometimes one of the others; after the end, always the usual choice.
    public mutating func pick<Choice>(_ usual: Choice, rarely others: [Choice]) -> Choice {
        let choice = Int(next())
        return choice < 128 || others.isEmpty ? usual : others[(choice - 128) % others.count]
    }

    /// Returns whether an unusual part is chosen; `false` after the end.
    public mutating func happens() -> Bool { next() > 191 }

    /// Returns some unchanged bytes.
    public mutating func bytes(atMost most: Int) -> [UInt8] {
        let bytes = Array(rest.prefix(number(below: most + 1)))
        rest = rest.dropFirst(bytes.count)
        return bytes
    }
}
