// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A reader of a line's parts from left to right; a part that is not there moves nothing.
struct TextScanner {
    private(set) var rest: Substring.UTF8View

    init(_ text: some StringProtocol) { rest = Substring(text).utf8 }

    var text: Substring { Substring(rest) }
    var isAtEnd: Bool { rest.isEmpty }

    mutating func skipSpaces() { rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == Byte.tab } }

    /// Takes a text; returns whether it was next.
    mutating func take(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        let expected = UnsafeBufferPointer(start: text.utf8Start, count: count)
        guard rest.prefix(count).elementsEqual(expected) else { return false }
        rest = rest.dropFirst(count)
        return true
    }

    /// Takes everything before a byte, or everything if the byte is not there.
    mutating func takeText(until byte: UInt8) -> Substring {
        let taken = rest.prefix { $0 != byte }
        rest = rest[taken.endIndex...]
        return Substring(taken)
    }

    /// Takes everything up to a text, and the text; returns whether the text is there.
    mutating func takeThrough(_ text: StaticString) -> Bool {
        var scanner = self
        while !scanner.isAtEnd {
            if scanner.take(text) {
                self = scanner
                return true
            }
            scanner.rest = scanner.rest.dropFirst()
        }
        return false
    }

    /// Takes an integer of digits, in which commas are ignored.
    mutating func integer() -> Int64? {
        let digits = rest.prefix { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ",") }
        guard digits.first != UInt8(ascii: ","),
            let number = Int64(String(decoding: digits.filter { $0 != 0x2C }, as: UTF8.self))
        else { return nil }
        rest = rest.dropFirst(digits.count)
        return number
    }

    /// Takes a decimal number that is not negative.
    mutating func decimal() -> Double? {
        let digits = rest.prefix { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
        guard (1...18).contains(digits.count), let number = Double(String(decoding: digits, as: UTF8.self)) else {
            return nil
        }
        rest = rest.dropFirst(digits.count)
        return number
    }

    /// Takes two integers with a slash between them, of which the first is not the larger one.
    mutating func pair() -> (completed: Int64, total: Int64)? {
        var scanner = self
        guard let completed = scanner.integer(), scanner.take("/") else { return nil }
        scanner.skipSpaces()
        guard let total = scanner.integer(), total > 0, completed <= total else { return nil }
        self = scanner
        return (completed, total)
    }

    /// Takes a size such as `512 KiB`, `12.4 MB`, `260k`; returns the number of bytes.
    mutating func size() -> (bytes: Int64, unit: Substring)? {
        var scanner = self
        guard let number = scanner.decimal() else { return nil }
        scanner.skipSpaces()
        let unit = Substring(scanner.rest.prefix { Self.isLetter($0) })
        scanner.rest = scanner.rest.dropFirst(unit.utf8.count)
        guard let factor = Self.factor(of: unit), let bytes = Int64(exactly: (number * factor).rounded()) else {
            return nil
        }
        self = scanner
        return (bytes, unit)
    }

    /// Takes a word of letters.
    mutating func word() -> Substring {
        let word = rest.prefix { Self.isLetter($0) }
        rest = rest.dropFirst(word.count)
        return Substring(word)
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    /// Returns the number of bytes of a unit: with an `i` or alone it is of 1024, with a `B` alone of 1000.
    private static func factor(of unit: Substring) -> Double? {
        var letters = unit.utf8[...]
        guard let first = letters.popFirst() else { return 1 }
        if first | 0x20 == UInt8(ascii: "b") { return letters.isEmpty || unit == "bytes" ? 1 : nil }
        guard let power = Array("kmgtp".utf8).firstIndex(of: first | 0x20) else { return nil }
        let base: Double = letters.elementsEqual("B".utf8) ? 1000 : 1024
        guard letters.isEmpty || letters.elementsEqual("B".utf8) || letters.elementsEqual("iB".utf8) else { return nil }
        return (0...power).reduce(1) { factor, _ in factor * base }
    }
}
