// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Testing

@testable import NATSClient

@Suite("Addresses and subjects")
struct AddressTests {
    @Test(
        "A URL or a host is an address",
        arguments: [
            ("nats://127.0.0.1:4333", "nats://127.0.0.1:4333"), ("example.com", "nats://example.com:4222"),
            ("tls://user:secret@h", "tls://h:4222"), ("nats://[::1]:1", "nats://[::1]:1"),
            ("NATS://h/", "nats://h:4222"),
        ]
    )
    func address(text: String, shown: String) throws {
        #expect(try NATSAddress(text).description == shown)
    }

    @Test("The user, the password and the token are read from the URL")
    func credentials() throws {
        let address = try NATSAddress("tls://us%40er:p%3Ass@h:1")
        #expect(address.user == "us@er")
        #expect(address.password == "p:ss")
        #expect(address.isSecure)
        let token = try NATSAddress("nats://t0ken@h")
        #expect(token.user == "t0ken")
        #expect(token.password == nil)
    }

    @Test(
        "Other texts are refused",
        arguments: ["", "http://h", "nats://", "nats://h:0", "nats://h:70000", "nats://h/x", "nats://h?x", "a,,b"]
    )
    func invalid(text: String) {
        #expect { try NATSAddress.list(text) } throws: { ($0 as? NATSError)?.code == .invalid }
    }

    @Test("A list has commas between its addresses")
    func list() throws {
        #expect(try NATSAddress.list("nats://a:1, b:2").map(\.description) == ["nats://a:1", "nats://b:2"])
    }

    @Test(
        "A subject to publish to has no wildcard",
        arguments: ["a", "a.b-c.D_1", "_INBOX.x", "$JS.API.INFO", "op.ä", "a.*b"]
    )
    func subject(_ subject: String) throws {
        try NATSSubject.check(subject)
        try NATSSubject.checkPattern(subject)
    }

    @Test("Wildcards are whole tokens, and > is the last", arguments: ["*", ">", "a.*", "a.*.c", "a.>"])
    func pattern(_ subject: String) throws {
        try NATSSubject.checkPattern(subject)
        #expect { try NATSSubject.check(subject) } throws: { ($0 as? NATSError)?.code == .invalid }
    }

    @Test("Other subjects are refused", arguments: ["", ".", "a..b", "a.", "a b", "a\r\nPING", "a\tb", ">.a"])
    func invalidSubject(_ subject: String) {
        #expect { try NATSSubject.checkPattern(subject) } throws: { ($0 as? NATSError)?.code == .invalid }
        #expect { try NATSSubject.check(subject) } throws: { ($0 as? NATSError)?.code == .invalid }
    }
}
