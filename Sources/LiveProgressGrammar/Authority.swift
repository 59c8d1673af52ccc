// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A host and perhaps a port, without a user (RFC 3986 section 3.2).
package struct Authority<Bytes: Collection<UInt8>> {
    /// A name, an address of IPv4, or an address of IPv6 in its brackets.
    package let host: Bytes.SubSequence
    /// What follows the first colon behind the host; `nil` where there is no colon.
    package let port: Bytes.SubSequence?

    /// Splits a text at the colon before its port; `nil` where something else follows a bracket, or it is not closed.
    @inlinable
    package init?(splitting text: Bytes) {
        var end = text.firstIndex(of: UInt8(ascii: ":")) ?? text.endIndex
        if text.first == UInt8(ascii: "[") {
            guard let bracket = text.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            end = text.index(after: bracket)
            guard end == text.endIndex || text[end] == UInt8(ascii: ":") else { return nil }
        }
        host = text[..<end]
        port = end == text.endIndex ? nil : text[end...].dropFirst()
    }

    /// Reads an authority whose host is not empty and whose port, where there is one, is empty or at most 65535.
    ///
    /// Names may have what a host name has, `_`, `~` and escapes; no commas, which would hide a second name.
    @inlinable
    package init?(_ text: Bytes) {
        self.init(splitting: text)
        guard isBracketed ? Self.isIPv6(host.dropFirst().dropLast()) : Self.isName(host) else { return nil }
        if let port, !port.isEmpty, Int(digits: port, atMost: Int(UInt16.max)) == nil { return nil }
    }

    /// Whether the host is in brackets.
    @inlinable package var isBracketed: Bool { host.first == UInt8(ascii: "[") }

    /// Whether a text has nothing but what may stand in an address of IPv6.
    @inlinable
    package static func isIPv6(_ text: some Collection<UInt8>) -> Bool {
        !text.isEmpty && ByteSet.ipv6.containsAll(of: text)
    }

    @inlinable
    static func isName(_ text: some Collection<UInt8>) -> Bool {
        !text.isEmpty && ByteSet.hostName.containsAll(of: text)
    }
}

extension Int {
    /// The number that some digits stand for; `nil` where one is not a digit, there are none, or the number is larger.
    @inlinable
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
