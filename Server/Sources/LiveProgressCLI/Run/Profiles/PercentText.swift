// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A percentage in a text, such as `45%`, `12.5%`, `12,5 %`.
struct PercentText: Sendable, Hashable {
    /// The percentage, from 0 to 100.
    var value: Double
    /// The start of the number, in bytes from the start of the text.
    var offset: Int

    /// Finds the first percentage from 0 to 100 that is a word by itself.
    ///
    /// `150%`, `-5%`, `1.2.3%` and `x5%` do not match, nor does `5%20`, which is an escape.
    init?(in text: some StringProtocol) {
        let bytes = Array(text.utf8)
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "%") {
            if let found = Self(endingAt: index, in: bytes) {
                self = found
                return
            }
        }
        return nil
    }

    private init?(endingAt sign: Int, in bytes: [UInt8]) {
        if sign + 1 < bytes.count, Self.isWord(bytes[sign + 1]) { return nil }
        var end = sign
        if end > 0, bytes[end - 1] == UInt8(ascii: " ") { end -= 1 }
        var start = end
        while start > 0, Self.isDigit(bytes[start - 1]) || Self.isSeparator(bytes[start - 1]) { start -= 1 }
        // A full stop or comma before the number belongs to the sentence before.
        while start < end, Self.isSeparator(bytes[start]) { start += 1 }
        if start > 0, Self.isWord(bytes[start - 1]) || bytes[start - 1] == UInt8(ascii: "-") { return nil }
        let number = bytes[start..<end]
        guard (1...12).contains(number.count), number.count(where: Self.isSeparator) <= 1 else { return nil }
        let digits = number.map { $0 == UInt8(ascii: ",") ? UInt8(ascii: ".") : $0 }
        guard let value = Double(String(decoding: digits, as: UTF8.self)), (0...100).contains(value) else { return nil }
        self.value = value
        self.offset = start
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isSeparator(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ".") || byte == UInt8(ascii: ",") }

    private static func isWord(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "_")
    }
}
