// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A set of ASCII characters; it contains no byte beyond ASCII.
package struct ByteSet: Sendable {
    @usableFromInline let low: UInt64
    @usableFromInline let high: UInt64

    /// Creates a set of ranges and of single characters.
    private init(_ ranges: [ClosedRange<Unicode.Scalar>], _ characters: String = "") {
        var (low, high): (UInt64, UInt64) = (0, 0)
        let ranged = ranges.flatMap { UInt8(ascii: $0.lowerBound)...UInt8(ascii: $0.upperBound) }
        for byte in ranged + characters.utf8 {
            if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte - 64) }
        }
        (self.low, self.high) = (low, high)
    }

    /// Returns whether a byte is in the set.
    @inlinable
    package func contains(_ byte: UInt8) -> Bool {
        byte < 0x80 && (byte < 64 ? low : high) &>> UInt64(byte) & 1 == 1
    }

    /// Returns whether every byte of a text is in the set; true for an empty text.
    @inlinable
    package func containsAll(of bytes: some Sequence<UInt8>) -> Bool {
        for byte in bytes where !contains(byte) { return false }
        return true
    }

    private static let lettersAndDigits: [ClosedRange<Unicode.Scalar>] = ["a"..."z", "A"..."Z", "0"..."9"]
}

extension ByteSet {
    /// The decimal digits.
    package static let digit = ByteSet(["0"..."9"])
    /// The visible characters, without the space.
    package static let visible = ByteSet(["!"..."~"])
    /// The visible characters and the space: a field value without tabs and without characters beyond ASCII.
    package static let printable = ByteSet([" "..."~"])
    /// The characters of a token: RFC 9110 section 5.6.2.
    package static let token = ByteSet(lettersAndDigits, "!#$%&'*+-.^_`|~")
    /// The characters that need no escape in a URL: RFC 3986 section 2.3.
    package static let unreserved = ByteSet(lettersAndDigits, "-._~")
    /// The characters of a request target in origin form: RFC 9112 section 3.2.1, RFC 3986 sections 3.3 and 3.4.
    package static let target = ByteSet(lettersAndDigits, "-._~!$&'()*+,;=:@/?%")
    /// The characters of a host name: unreserved ones and escapes; no comma, which would hide a second name.
    static let hostName = ByteSet(lettersAndDigits, "-._~%")
    /// The characters of an IPv6 address, which may end with an IPv4 address.
    static let ipv6 = ByteSet(["0"..."9", "a"..."f", "A"..."F"], ":.")
    /// The characters of base64: RFC 4648 section 4.
    static let base64 = ByteSet(lettersAndDigits, "+/")
}
