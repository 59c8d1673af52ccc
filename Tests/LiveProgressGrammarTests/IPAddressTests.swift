// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressGrammar
import Testing

@Suite("IP addresses and address ranges")
struct IPAddressTests {
    @Test(
        "Every notation of an address is read and written in the canonical form",
        arguments: [
            ("192.0.2.7", "192.0.2.7"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
            ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("0:0:0:0:0:0:0:1", "::1"),
            ("2001:DB8::A", "2001:db8::a"), ("2001:0db8:0000:0000:0000:0000:0000:000a", "2001:db8::a"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
            ("::ffff:192.0.2.7", "192.0.2.7"), ("::FFFF:c000:207", "192.0.2.7"),
            ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
        ]
    )
    func reads(text: String, canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
        #expect(IPAddress(canonical) == address)
    }

    @Test(
        "An invalid address gives nil",
        arguments: [
            "", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.+4", "1.2.3.4 ", "1..2.3", ":", ":::", "1:2",
            "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "+1::", "1:2:3:4:5:6:7:", ":1:2:3:4:5:6:7", "::1.2.3",
            "1.2.3.4::", "1:2:3:4:5:6:7:1.2.3.4", "::1%eth0", "unknown", "_hidden", "٣.٣.٣.٣",
            String(repeating: "0:", count: 100),
        ]
    )
    func refuses(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(
        "The address is found in a node name of a proxy",
        arguments: [
            ("192.0.2.7", "192.0.2.7"), ("192.0.2.7:4711", "192.0.2.7"), ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:4711", "2001:db8::1"), ("2001:db8::1", "2001:db8::1"), ("[::ffff:192.0.2.7]", "192.0.2.7"),
            ("[192.0.2.7]", nil), ("192.0.2.7:", nil), ("192.0.2.7:x", nil), ("192.0.2.7:123456", nil),
            ("[::1", nil), ("[::1]x", nil), ("[::1]:", nil), ("unknown", nil), ("_mystery:80", nil), ("", nil),
        ] as [(String, String?)]
    )
    func readsNodes(text: String, address: String?) {
        #expect(IPAddress(node: text)?.description == address)
    }

    @Test(
        "A range contains the addresses with its prefix, of its own address family",
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.1.2.3/8", "10.9.9.9", true),
            ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.6", false), ("192.0.2.6/31", "192.0.2.7", true),
            ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "::1", false), ("::/0", "203.0.113.9", false),
            ("::/0", "2001:db8::1", true), ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::", false), ("::1", "::1", true), ("::1/128", "::2", false),
            ("192.0.2.0/24", "::ffff:192.0.2.9", true), ("2001:db8::/127", "2001:db8::1", true),
        ]
    )
    func contains(range: String, address: String, isInside: Bool) throws {
        #expect(try #require(AddressRange(range)).contains(#require(IPAddress(address))) == isInside)
    }

    @Test(
        "An invalid range gives nil",
        arguments: [
            "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "::/129", "10.0.0.0/8/8", "10/8", "x",
        ]
    )
    func refusesRanges(text: String) {
        #expect(AddressRange(text) == nil)
    }
}
