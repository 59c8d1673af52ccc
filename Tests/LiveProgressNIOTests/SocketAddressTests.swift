// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import Testing

@testable import LiveProgressNIO

@Suite("The address of a client")
struct SocketAddressTests {
    @Test(
        "the host is written like the system writes the address, without the port",
        arguments: [
            "0.0.0.0", "127.0.0.1", "192.0.2.7", "10.20.30.40", "100.99.9.10", "255.255.255.255", "::1", "2001:db8::7",
            "::ffff:192.0.2.7",
        ]
    )
    func host(text: String) throws {
        let address = try SocketAddress(ipAddress: text, port: 443)
        #expect(address.host == text)
        #expect(address.host == address.ipAddress)
    }

    @Test("a Unix domain socket has no host")
    func unix() throws {
        #expect(try SocketAddress(unixDomainSocketPath: "/tmp/x").host == nil)
    }
}
