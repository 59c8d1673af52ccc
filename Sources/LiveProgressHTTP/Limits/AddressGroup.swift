// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressGrammar

/// The addresses that count as one client: one IPv4 address, or one IPv6 /64 network.
///
/// A client with an IPv6 address usually has its whole /64 (RFC 6177), so a single address does not identify the
/// client.
package struct AddressGroup: Hashable, Sendable {
    private let isIPv4: Bool
    /// The IPv4 address, or the first half of the IPv6 address.
    private let bits: UInt64

    /// Creates the group of an address such as `192.0.2.7`, `2001:db8::1` or `fe80::1%eth0`; `nil` for any other text.
    package init?(_ address: String) {
        guard let address = IPAddress(address.prefix { $0 != "%" }) else { return nil }
        isIPv4 = address.isIPv4
        bits = UInt64(truncatingIfNeeded: isIPv4 ? address.bits : address.bits >> 64)
    }
}
