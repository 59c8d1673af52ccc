// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// An address of IPv4 or IPv6, read strictly and written in one way only, so that equal addresses have equal texts.
///
/// An IPv4 address inside of an IPv6 one (`::ffff:192.0.2.7`, RFC 4291 section 2.5.5.2) is the IPv4 address.
package struct IPAddress: Hashable, Sendable {
    /// Whether it is one of IPv4, in the lowest 32 bits.
    package let isIPv4: Bool
    /// The address as a number.
    package let bits: UInt128

    /// How many bits an address of its kind has.
    var width: Int { isIPv4 ? 32 : 128 }

    /// Reads an address without brackets, port or zone; `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        if let bits = Self.ipv4(text) {
            (isIPv4, self.bits) = (true, UInt128(bits))
            return
        }
        guard let bits = Self.ipv6(text) else { return nil }
        isIPv4 = bits >> 32 == 0xffff
        self.bits = isIPv4 ? bits & 0xffff_ffff : bits
    }

    /// Reads an address as proxies write it: `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::1`, `[2001:db8::1]`,
    /// `[2001:db8::1]:4711` (RFC 7239 section 6); the port is left out.
    init?(node text: some StringProtocol) {
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]"), Self.isPort(text[text.index(after: end)...]),
                text[..<end].contains(":")
            else { return nil }
            self.init(text[text.index(after: text.startIndex)..<end])
            return
        }
        guard let colon = text.firstIndex(of: ":"), text.lastIndex(of: ":") == colon else {
            self.init(text)
            return
        }
        guard Self.isPort(text[colon...]) else { return nil }
        self.init(text[..<colon])
    }

    /// Whether a text is empty, or a colon and up to five digits.
    private static func isPort(_ text: some StringProtocol) -> Bool {
        guard let colon = text.first else { return true }
        let port = text.dropFirst()
        return colon == ":" && !port.isEmpty && port.utf8.allSatisfy { (0x30...0x39).contains($0) } && port.count <= 5
    }

    private static func ipv4(_ text: some StringProtocol) -> UInt32? {
        let parts = text.split(separator: ".", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            // A leading zero is read as octal by some, and so by nobody here.
            guard part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), part == "0" || part.first != "0",
                let byte = UInt8(part)
            else { return nil }
            bits = bits << 8 | UInt32(byte)
        }
        return bits
    }

    private static func ipv6(_ text: some StringProtocol) -> UInt128? {
        guard text.utf8.count <= 45 else { return nil }
        var halves: [[UInt16]] = [[]]
        var rest = Substring(text)
        if rest.hasPrefix("::") {
            halves.append([])
            rest = rest.dropFirst(2)
        }
        while !rest.isEmpty {
            let piece = rest.prefix { $0 != ":" }
            rest = rest.dropFirst(piece.count)
            if rest.isEmpty, let bits = ipv4(piece) {
                halves[halves.count - 1] += [UInt16(bits >> 16), UInt16(truncatingIfNeeded: bits)]
                break
            }
            guard (1...4).contains(piece.utf8.count), piece.first != "+", let group = UInt16(piece, radix: 16) else {
                return nil
            }
            halves[halves.count - 1].append(group)
            if rest.hasPrefix("::") {
                halves.append([])
                rest = rest.dropFirst(2)
            } else if !rest.isEmpty {
                rest = rest.dropFirst()
                guard !rest.isEmpty else { return nil }
            }
        }
        let count = halves.joined().count
        guard halves.count == 1 ? count == 8 : halves.count == 2 && count <= 7 else { return nil }
        let zeros = [UInt16](repeating: 0, count: 8 - count)
        return (halves[0] + zeros + halves.dropFirst().joined()).reduce(0) { $0 << 16 | UInt128($1) }
    }
}

extension IPAddress: CustomStringConvertible {
    /// The address as RFC 5952 writes it.
    package var description: String {
        if isIPv4 {
            return stride(from: 24, through: 0, by: -8).map { "\((bits >> $0) & 0xff)" }.joined(separator: ".")
        }
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
}

/// The addresses that begin with the same bits: `10.0.0.0/8`, `2001:db8::/32`, or a single one.
struct AddressRange: Hashable {
    /// The first address.
    let first: IPAddress
    /// How many leading bits count.
    let prefixLength: Int

    /// Reads a range in the notation of RFC 4632 section 3.1; `nil` for anything else.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else { return nil }
        first = address
        guard parts.count == 2 else {
            prefixLength = address.width
            return
        }
        guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(parts[1]),
            length <= address.width
        else { return nil }
        prefixLength = length
    }

    /// Whether an address is in the range.
    func contains(_ address: IPAddress) -> Bool {
        address.isIPv4 == first.isIPv4 && (address.bits ^ first.bits) >> (first.width - prefixLength) == 0
    }
}
