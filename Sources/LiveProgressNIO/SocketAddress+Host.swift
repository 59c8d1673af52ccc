// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressGrammar
import NIOCore

extension SocketAddress {
    /// The address without the port, such as `192.0.2.7`; `nil` if there is no address, as for a Unix socket.
    ///
    /// Every connection needs this value, and the system's function takes several times as long for an IPv4 address.
    var host: String? {
        guard case .v4(let address) = self else { return ipAddress }
        return withUnsafeBytes(of: address.address) { bytes in
            // In a `sockaddr_in` of every system, the address follows the family and the port, which take two bytes each.
            IPAddress(ipv4: UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))).description
        }
    }

    /// Whether the address is a loopback address; its bytes follow the port, and in IPv6 also the flow label.
    var isLoopback: Bool {
        switch self {
        case .v4(let address): withUnsafeBytes(of: address.address) { $0[4] == 127 }
        case .v6(let address):
            withUnsafeBytes(of: address.address) { bytes in bytes[8..<23].allSatisfy { $0 == 0 } && bytes[23] == 1 }
        case .unixDomainSocket: false
        }
    }
}
