// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A search for the bytes that RFC 8259 section 7 escapes in strings: quotation mark, backslash, control characters.
enum JSONEscapes {
    /// Returns the index of the first byte from `start` on that needs an escape, or `nil`; tests eight bytes per step.
    static func first(in utf8: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        guard let base = utf8.baseAddress else { return nil }
        let bytes = UnsafeRawPointer(base)
        var index = start
        while index + 8 <= utf8.count {
            // In little-endian order, the lowest byte of the word is the first byte in memory.
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let found = marks(in: word)
            if found != 0 { return index + found.trailingZeroBitCount / 8 }
            index += 8
        }
        return utf8[index...].firstIndex(where: needsEscape)
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    /// Returns a word in which each byte that needs an escape has its highest bit set.
    ///
    /// The subtraction covers all bytes together. A byte that is too small borrows from the next higher byte, so that
    /// byte may be marked by mistake; the lowest mark is always correct. (Bit Twiddling Hacks, "Determine if a word has
    /// a byte less than n".)
    private static func marks(in word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let controls = (word &- ones &* 0x20) & ~word
        return (controls | (quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes) & (ones &* 0x80)
    }
}

extension UInt64 {
    /// Appends the number in decimal.
    func appendDigits(to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var rest = self
            var first = 20
            repeat {
                first -= 1
                digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[first...]))
        }
    }
}
