// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// An IPv4 or IPv6 address, read strictly and written in one form, so that equal addresses have equal texts.
///
/// An IPv4-mapped IPv6 address (`::ffff:192.0.2.7`, RFC 4291 section 2.5.5.2) is read as the IPv4 address.
package struct IPAddress: Hashable, Sendable {
    /// Whether the address is an IPv4 address, in the lowest 32 bits of ``bits``.
    package let isIPv4: Bool
    /// The address as a number.
    package let bits: UInt128

    /// The number of bits of an address of this kind.
    fileprivate var width: Int { isIPv4 ? 32 : 128 }

    /// Creates the IPv4 address with a number.
    package init(ipv4 bits: UInt32) {
        (isIPv4, self.bits) = (true, UInt128(bits))
    }

    /// Reads an address without brackets, port or zone; returns `nil` for any other text.
    package init?(_ text: some StringProtocol) {
        self.init(Array(text.utf8)[...])
    }

    private init?(_ bytes: ArraySlice<UInt8>) {
        guard let bits = Self.ipv4(bytes).map({ 0xffff_0000_0000 | UInt128($0) }) ?? Self.ipv6(bytes) else {
            return nil
        }
        isIPv4 = bits >> 32 == 0xffff
        self.bits = isIPv4 ? bits & 0xffff_ffff : bits
    }

    /// Reads an address in the forms that proxies write (RFC 7239 section 6); ignores the port.
    ///
    /// The forms are `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::1`, `[2001:db8::1]` and `[2001:db8::1]:4711`.
    package init?(node text: some StringProtocol) {
        if let address = IPAddress(text) {
            self = address
            return
        }
        guard let node = Authority(splitting: Substring(text)), node.port.map(Self.isNodePort) ?? true else {
            return nil
        }
        let host = node.isBracketed ? node.host.dropFirst().dropLast() : node.host
        guard node.isBracketed == host.utf8.contains(UInt8(ascii: ":")) else { return nil }
        self.init(host)
    }

    private static func isNodePort(_ digits: Substring) -> Bool {
        digits.utf8.count <= 5 && Int(digits: digits.utf8) != nil
    }

    private static func ipv4(_ bytes: ArraySlice<UInt8>) -> UInt32? {
        let parts = bytes.split(separator: UInt8(ascii: "."), maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            // A leading zero is refused, because some programs read it as octal.
            guard let byte = Int(digits: part, atMost: 255), part.count == 1 || part.first != UInt8(ascii: "0") else {
                return nil
            }
            bits = bits << 8 | UInt32(byte)
        }
        return bits
    }

    private static func ipv6(_ bytes: ArraySlice<UInt8>) -> UInt128? {
        guard bytes.count <= 45 else { return nil }
        let gap = bytes.firstRange(of: "::".utf8)
        guard let tail = groups(gap.map { bytes[$0.upperBound...] } ?? bytes, mayEndInIPv4: true),
            let head = gap.map({ groups(bytes[..<$0.lowerBound], mayEndInIPv4: false) }) ?? []
        else { return nil }
        let missing = 8 - head.count - tail.count
        guard gap == nil ? missing == 0 : missing > 0 else { return nil }
        return (head + [UInt16](repeating: 0, count: missing) + tail).reduce(0) { $0 << 16 | UInt128($1) }
    }

    /// Returns the groups between colons, or `nil` if a group is malformed.
    private static func groups(_ bytes: ArraySlice<UInt8>, mayEndInIPv4: Bool) -> [UInt16]? {
        guard !bytes.isEmpty else { return [] }
        var groups: [UInt16] = []
        for piece in bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false) {
            if mayEndInIPv4, piece.endIndex == bytes.endIndex, let bits = ipv4(piece) {
                groups += [UInt16(bits >> 16), UInt16(truncatingIfNeeded: bits)]
            } else {
                guard piece.count <= 4, piece.first != UInt8(ascii: "+"),
                    let group = UInt16(String(decoding: piece, as: UTF8.self), radix: 16)
                else { return nil }
                groups.append(group)
            }
        }
        return groups
    }
}

extension IPAddress: CustomStringConvertible {
    /// The address in the form of RFC 5952.
    package var description: String {
        if isIPv4 { return Self.dotted(UInt32(truncatingIfNeeded: bits)) }
        let groups = stride(from: 112, through: 0, by: -16).map { UInt16(truncatingIfNeeded: bits >> $0) }
        var longest = 0..<0
        var start = 0
        for (index, group) in groups.enumerated() {
            if group != 0 {
                start = index + 1
            } else if index + 1 - start > longest.count {
                longest = start..<index + 1
            }
        }
        func text(_ part: ArraySlice<UInt16>) -> String { part.map { String($0, radix: 16) }.joined(separator: ":") }
        guard longest.count > 1 else { return text(groups[...]) }
        return text(groups[..<longest.lowerBound]) + "::" + text(groups[longest.upperBound...])
    }

    /// Returns an IPv4 address in dotted form; built in place, because every connection writes its address.
    private static func dotted(_ bits: UInt32) -> String {
        String(unsafeUninitializedCapacity: 15) { text in
            var end = 0
            func write(_ letter: UInt8) {
                text.initializeElement(at: end, to: letter)
                end += 1
            }
            for shift in stride(from: UInt32(24), through: 0, by: -8) {
                let byte = UInt8(truncatingIfNeeded: bits >> shift)
                if byte >= 100 { write(UInt8(ascii: "0") + byte / 100) }
                if byte >= 10 { write(UInt8(ascii: "0") + byte / 10 % 10) }
                write(UInt8(ascii: "0") + byte % 10)
                if shift > 0 { write(UInt8(ascii: ".")) }
            }
            return end
        }
    }
}

/// A range of addresses with the same leading bits: `10.0.0.0/8`, `2001:db8::/32`, or a single address.
package struct AddressRange: Hashable, Sendable {
    /// The first address.
    private let first: IPAddress
    /// The number of leading bits that count.
    private let prefixLength: Int

    /// Reads a range in the notation of RFC 4632 section 3.1; returns `nil` for any other text.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else { return nil }
        first = address
        guard parts.count == 2 else {
            prefixLength = address.width
            return
        }
        guard let length = Int(digits: parts[1].utf8, atMost: address.width) else { return nil }
        prefixLength = length
    }

    /// Returns whether an address is in the range.
    package func contains(_ address: IPAddress) -> Bool {
        address.isIPv4 == first.isIPv4 && (address.bits ^ first.bits) >> (first.width - prefixLength) == 0
    }
}
