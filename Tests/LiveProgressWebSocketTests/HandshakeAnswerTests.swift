// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOHTTP1
import Testing

@testable import LiveProgressWebSocket

@Suite("The client's check of the server's response, RFC 6455 section 4.1")
struct HandshakeAnswerTests {
    private let key = HandshakeKey("dGhlIHNhbXBsZSBub25jZQ==")!

    private func answer(_ change: (inout HTTPHeaders) -> Void = { _ in }) throws -> String? {
        var headers: HTTPHeaders = [
            "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        ]
        change(&headers)
        let head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
        return try HandshakeAnswer(head, to: key, offering: ["a", "b"]).subprotocol
    }

    @Test("A valid response is accepted, with or without a chosen subprotocol")
    func right() throws {
        #expect(try answer() == nil)
        #expect(try answer { $0.add(name: "Sec-WebSocket-Protocol", value: "b") } == "b")
    }

    @Test("An invalid response is rejected")
    func wrong() {
        #expect(throws: WebSocketConnectError.self) { try answer { $0.remove(name: "Upgrade") } }
        #expect(throws: WebSocketConnectError.self) { try answer { $0.replaceOrAdd(name: "Upgrade", value: "h2c") } }
        #expect(throws: WebSocketConnectError.self) { try answer { $0.remove(name: "Connection") } }
        #expect(throws: WebSocketConnectError.self) { try answer { $0.remove(name: "Sec-WebSocket-Accept") } }
        #expect(throws: WebSocketConnectError.self) {
            try answer { $0.replaceOrAdd(name: "Sec-WebSocket-Accept", value: "dGhlIHNhbXBsZSBub25jZQ==") }
        }
        #expect(throws: WebSocketConnectError.self) {
            try answer { $0.add(name: "Sec-WebSocket-Protocol", value: "c") }
        }
        #expect(throws: WebSocketConnectError.self) {
            try answer { $0.add(name: "Sec-WebSocket-Extensions", value: "permessage-deflate") }
        }
    }

    @Test(
        "Invariant 11: a header field of combining marks is rejected quickly",
        .timeLimit(.minutes(1)),
        arguments: ["Upgrade", "Connection", "Sec-WebSocket-Accept", "Sec-WebSocket-Protocol"]
    )
    func combiningMarks(name: String) {
        // A comparison by canonical equivalence would take minutes for this value.
        let marks = String(repeating: "\u{301}\u{316}", count: 100_000)
        #expect(throws: WebSocketConnectError.self) {
            try answer { headers in
                let value = headers.first(name: name) ?? "a"
                headers.replaceOrAdd(name: name, value: value + marks)
            }
        }
    }
}
