// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressGrammar

/// What counts as one client's: an address, or a network of IPv6.
///
/// Whoever has one address of IPv6 has all of its /64 (RFC 6177), so that single ones say nothing.
package struct AddressGroup: Hashable, Sendable {
    private let isIPv4: Bool
    /// The address, or the first half of one of IPv6.
    private let bits: UInt64

    /// The group of an address as text, such as `192.0.2.7`, `2001:db8::1` or `fe80::1%eth0`; `nil` for anything else.
    package init?(_ address: String) {
        guard let address = IPAddress(address.prefix { $0 != "%" }) else { return nil }
        isIPv4 = address.isIPv4
        bits = UInt64(truncatingIfNeeded: isIPv4 ? address.bits : address.bits >> 64)
    }
}
