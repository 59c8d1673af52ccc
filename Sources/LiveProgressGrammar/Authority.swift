// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A host and an optional port, without a user (RFC 3986 section 3.2).
///
/// The type is not generic: each handshake reads an authority, and a generic type of another module is not specialised.
package struct Authority {
    /// The host: a name, an IPv4 address, or an IPv6 address in brackets.
    package let host: Substring
    /// The text after the first colon behind the host; `nil` without a colon.
    package let port: Substring?

    /// Splits a text at the colon before its port; returns `nil` for an unclosed bracket or other text after a bracket.
    package init?(splitting text: Substring) {
        let bytes = text.utf8
        var end = bytes.startIndex
        if bytes.first == UInt8(ascii: "[") {
            guard let bracket = bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            end = bytes.index(after: bracket)
            guard end == bytes.endIndex || bytes[end] == UInt8(ascii: ":") else { return nil }
        } else {
            end = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
        }
        host = text[..<end]
        port = end == bytes.endIndex ? nil : text[bytes.index(after: end)...]
    }

    /// Reads an authority with a non-empty host and a port that is absent, empty or at most 65535.
    ///
    /// A host name may contain the characters of host names, `_`, `~` and escapes. A comma is refused, because it would
    /// hide a second name.
    package init?(_ text: Substring) {
        self.init(splitting: text)
        let bytes = isBracketed ? host.utf8.dropFirst().dropLast() : host.utf8
        guard !bytes.isEmpty, (isBracketed ? ByteSet.ipv6 : .hostName).containsAll(of: bytes) else { return nil }
        if let port, !port.isEmpty, Int(digits: port.utf8, atMost: Int(UInt16.max)) == nil { return nil }
    }

    /// Whether the host is in brackets.
    package var isBracketed: Bool { host.utf8.first == UInt8(ascii: "[") }
}

extension Int {
    /// Creates a number from digits; returns `nil` without digits, for another byte, or above `maximum`.
    package init?(digits: some Collection<UInt8>, atMost maximum: Int = .max) {
        var number = 0
        for byte in digits {
            let (tens, isLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, isLarger) = tens.addingReportingOverflow(Int(byte) - 0x30)
            guard (0x30...0x39).contains(byte), !isLarge, !isLarger else { return nil }
            number = sum
        }
        guard !digits.isEmpty, number <= maximum else { return nil }
        self = number
    }
}
