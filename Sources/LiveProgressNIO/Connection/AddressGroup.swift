// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

/// The connections that count as one client's: those of an address, or of a network of IPv6.
///
/// Whoever has one address of IPv6 has all of its /64 (RFC 6177), so that single ones say nothing.
struct AddressGroup: Hashable, Sendable {
    /// The address, or the first half of one of IPv6.
    private let text: String

    /// The group of an address as text, such as `192.0.2.7`, `2001:db8::1` or `fe80::1%eth0`.
    init(_ address: String) {
        let address = address.prefix { $0 != "%" }.lowercased()
        // An address of IPv4 that came through a socket of IPv6 is one of IPv4 (RFC 4291 section 2.5.5.2).
        if address.hasPrefix("::ffff:"), address.contains(".") {
            text = String(address.dropFirst(7))
        } else {
            text = address.contains(":") ? Self.network(of: address) : address
        }
    }

    /// The group of a connection's other end; `nil` for one without an address, such as a Unix socket's.
    init?(_ address: SocketAddress?) {
        guard let text = address?.ipAddress else { return nil }
        self.init(text)
    }

    /// The first four groups of an address of IPv6, those that `::` stands for among them.
    private static func network(of address: String) -> String {
        let halves = address.components(separatedByDoubleColon: ())
        let before = halves.before.split(separator: ":")
        let after = halves.after?.split(separator: ":") ?? []
        let zeros = halves.after == nil ? 0 : max(0, 8 - before.count - after.count)
        let groups = before + Array(repeating: "0", count: zeros) + after
        return groups.prefix(4).map { group in
            let digits = group.drop { $0 == "0" }
            return digits.isEmpty ? "0" : String(digits)
        }.joined(separator: ":") + "::/64"
    }
}

extension String {
    fileprivate func components(separatedByDoubleColon: Void) -> (before: Substring, after: Substring?) {
        guard let colons = firstRange(of: "::") else { return (self[...], nil) }
        return (self[..<colons.lowerBound], self[colons.upperBound...])
    }
}
