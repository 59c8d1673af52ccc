// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressGrammar
import NIOCore

extension SocketAddress {
    /// The address without the port, such as `192.0.2.7`; `nil` where there is none, as of a Unix socket.
    ///
    /// Every connection is asked for it, and the system's function takes several times as long for an address of IPv4.
    var host: String? {
        guard case .v4(let address) = self else { return ipAddress }
        return withUnsafeBytes(of: address.address) { bytes in
            // In a `sockaddr_in` of every system the address stands behind the family and the port, two bytes each.
            IPAddress(ipv4: UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))).description
        }
    }

    /// Whether only this machine reaches it; the addresses stand behind the port, and in IPv6 behind a label of the flow.
    var isLoopback: Bool {
        switch self {
        case .v4(let address): withUnsafeBytes(of: address.address) { $0[4] == 127 }
        case .v6(let address):
            withUnsafeBytes(of: address.address) { bytes in bytes[8..<23].allSatisfy { $0 == 0 } && bytes[23] == 1 }
        case .unixDomainSocket: false
        }
    }
}
