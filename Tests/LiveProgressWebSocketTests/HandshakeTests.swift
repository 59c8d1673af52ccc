// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOHTTP1
import Testing

@testable import LiveProgressWebSocket

@Suite("The handshake, RFC 6455 section 4")
struct HandshakeTests {
    static func head(_ change: (inout HTTPRequestHead) -> Void = { _ in }) -> HTTPRequestHead {
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/chat")
        head.headers = [
            "Host": "server.example.com", "Upgrade": "websocket", "Connection": "keep-alive, Upgrade",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13",
        ]
        change(&head)
        return head
    }

    @Test(
        "SHA-1 gives the digests of FIPS 180",
        arguments: [
            ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
            ),
            (String(repeating: "a", count: 1000), "291e9a6c66994949b57ba5e650361e98fc36b1ba"),
        ]
    )
    func sha1(message: String, expected: String) {
        let digest = SHA1.hash(Array(message.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(digest == expected)
    }

    @Test("The RFC's example key gives the RFC's Sec-WebSocket-Accept")
    func accept() throws {
        #expect(try HandshakeRequest(Self.head()).key.accept == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    @Test("Each new key is valid and different")
    func freshKey() {
        let keys = (0..<100).map { _ in HandshakeKey().text }
        #expect(Set(keys).count == 100)
        #expect(keys.allSatisfy { HandshakeKey($0) != nil })
    }

    @Test("Subprotocols are read in order, from one header field or several")
    func subprotocols() throws {
        let head = Self.head {
            $0.headers.add(name: "Sec-WebSocket-Protocol", value: "live-progress.v1, b")
            $0.headers.add(name: "Sec-WebSocket-Protocol", value: "c")
        }
        #expect(try HandshakeRequest(head).subprotocols == ["live-progress.v1", "b", "c"])
    }

    @Test("Invariant 11: header fields of combining marks are rejected quickly", .timeLimit(.minutes(1)))
    func combiningMarks() {
        let marks = String(repeating: "\u{301}\u{316}", count: 100_000)
        for name in ["Upgrade", "Connection", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol"] {
            let head = Self.head { $0.headers.replaceOrAdd(name: name, value: "1\(marks)") }
            #expect(throws: HandshakeError.self) { try HandshakeRequest(head) }
        }
    }

    struct Malformed: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var status: UInt16 = 400
        let change: @Sendable (inout HTTPRequestHead) -> Void

        init(_ what: String, status: UInt16 = 400, _ change: @escaping @Sendable (inout HTTPRequestHead) -> Void) {
            testDescription = what
            self.status = status
            self.change = change
        }
    }

    static let malformedHeads: [Malformed] = [
        Malformed("POST") { $0.method = .POST },
        Malformed("HTTP/1.0") { $0.version = .http1_0 },
        Malformed("no Host") { $0.headers.remove(name: "Host") },
        Malformed("two Hosts") { $0.headers.add(name: "Host", value: "b") },
        Malformed("Upgrade: h2c") { $0.headers.replaceOrAdd(name: "Upgrade", value: "h2c") },
        Malformed("no Connection") { $0.headers.remove(name: "Connection") },
        Malformed("Connection: close") { $0.headers.replaceOrAdd(name: "Connection", value: "close") },
        Malformed("no version", status: 426) { $0.headers.remove(name: "Sec-WebSocket-Version") },
        Malformed("version 8", status: 426) { $0.headers.replaceOrAdd(name: "Sec-WebSocket-Version", value: "8") },
        Malformed("two versions", status: 426) { $0.headers.add(name: "Sec-WebSocket-Version", value: "13") },
        Malformed("no key") { $0.headers.remove(name: "Sec-WebSocket-Key") },
        Malformed("two keys") { $0.headers.add(name: "Sec-WebSocket-Key", value: "dGhlIHNhbXBsZSBub25jZQ==") },
        Malformed("empty key") { $0.headers.replaceOrAdd(name: "Sec-WebSocket-Key", value: "") },
        Malformed("15 bytes") { $0.headers.replaceOrAdd(name: "Sec-WebSocket-Key", value: "dGhlIHNhbXBsZSBub25j") },
        Malformed("17 bytes") { $0.headers.replaceOrAdd(name: "Sec-WebSocket-Key", value: "dGhlIHNhbXBsZSBub25jZQA=") },
        Malformed("no base64") {
            $0.headers.replaceOrAdd(name: "Sec-WebSocket-Key", value: "dGhlIHNhbXBsZSBub25_ZQ==")
        },
        Malformed("a body") { $0.headers.add(name: "Content-Length", value: "5") },
        Malformed("a chunked body") { $0.headers.add(name: "Transfer-Encoding", value: "chunked") },
        Malformed("no token") { $0.headers.add(name: "Sec-WebSocket-Protocol", value: "a b") },
        Malformed("a protocol twice") { $0.headers.add(name: "Sec-WebSocket-Protocol", value: "a, a") },
        Malformed("an extension without a name") { $0.headers.add(name: "Sec-WebSocket-Extensions", value: ";a") },
    ]

    @Test("A malformed handshake is rejected with its status code", arguments: malformedHeads)
    func refused(malformed: Malformed) {
        do throws(HandshakeError) {
            _ = try HandshakeRequest(Self.head(malformed.change))
            Issue.record("a malformed handshake was accepted")
        } catch {
            #expect(error.status == malformed.status)
        }
    }

    @Test("Upgrade and Connection are compared without regard to case")
    func caseInsensitive() throws {
        let head = Self.head {
            $0.headers.replaceOrAdd(name: "Upgrade", value: "WebSocket")
            $0.headers.replaceOrAdd(name: "Connection", value: "UPGRADE")
        }
        #expect(HandshakeRequest.isAsked(by: head))
        #expect(throws: Never.self) { try HandshakeRequest(head) }
    }

    @Test(
        "Upgrade matches only a whole list element, in any ASCII letter case",
        arguments: [
            ("websocket", true), ("WebSOCKET", true), ("h2c,websocket", true), ("h2c ,\t websocket \t", true),
            (",,websocket,", true), ("", false), (",", false), (" ", false), ("websocke", false), ("websockets", false),
            ("web socket", false), ("websocket/13", false), ("websoc\u{212A}et", false), ("websocket\u{301}", false),
            ("websocke\u{14}", false), ("\"websocket\"", false),
        ]
    )
    func lists(value: String, isListed: Bool) {
        let head = Self.head { $0.headers.replaceOrAdd(name: "Upgrade", value: value) }
        #expect(HandshakeRequest.isAsked(by: head) == isListed)
        let other = Self.head { $0.headers.replaceOrAdd(name: "Upgrade", value: "h2c") }
        var both = other
        both.headers.add(name: "uPGRADE", value: value)
        #expect(HandshakeRequest.isAsked(by: both) == isListed)
    }

    @Test("A request without Upgrade: websocket is not a handshake")
    func notAsked() {
        #expect(!HandshakeRequest.isAsked(by: Self.head { $0.headers.replaceOrAdd(name: "Upgrade", value: "h2c") }))
        #expect(!HandshakeRequest.isAsked(by: Self.head { $0.headers.remove(name: "Upgrade") }))
    }
}
