// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Validates UTF-8 (RFC 3629) that may be split anywhere, and fails at the first byte that cannot be valid.
package struct UTF8Validator: Sendable {
    /// The number of continuation bytes that the current character still needs.
    private var missing: UInt8 = 0
    /// The bounds of the next continuation byte.
    ///
    /// They are narrower than 80...BF where overlong forms, surrogates or code points above U+10FFFF would begin.
    private var lower: UInt8 = 0x80
    private var upper: UInt8 = 0xBF

    /// Creates a validator at the start of a text.
    package init() {}

    /// Whether the text may end here: no character is incomplete.
    package var isAtBoundary: Bool { missing == 0 }

    /// Validates the next bytes.
    /// - Parameter bytes: The bytes that follow those of the last call.
    /// - Returns: Whether all bytes so far can begin a valid UTF-8 text; do not continue after `false`.
    package mutating func accepts(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < bytes.count {
            if missing == 0 {
                while index + 8 <= bytes.count,
                    bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
                {
                    index += 8
                }
                guard index < bytes.count else { return true }
            }
            guard accepts(bytes[index]) else { return false }
            index += 1
        }
        return true
    }

    private mutating func accepts(_ byte: UInt8) -> Bool {
        if missing > 0 {
            guard lower <= byte, byte <= upper else { return false }
            expect(missing - 1)
            return true
        }
        switch byte {
        case ...0x7F: break
        case 0xC2...0xDF: expect(1)
        case 0xE0: expect(2, lower: 0xA0)
        case 0xED: expect(2, upper: 0x9F)
        case 0xE1...0xEF: expect(2)
        case 0xF0: expect(3, lower: 0x90)
        case 0xF1...0xF3: expect(3)
        case 0xF4: expect(3, upper: 0x8F)
        default: return false
        }
        return true
    }

    private mutating func expect(_ count: UInt8, lower: UInt8 = 0x80, upper: UInt8 = 0xBF) {
        missing = count
        self.lower = lower
        self.upper = upper
    }
}
