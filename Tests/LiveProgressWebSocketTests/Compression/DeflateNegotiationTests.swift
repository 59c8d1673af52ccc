// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOHTTP1
import Testing

@testable import LiveProgressWebSocket

@Suite("The negotiation of permessage-deflate, RFC 7692 section 7.1")
struct DeflateNegotiationTests {
    /// A codec for negotiation only: the negotiation reads `windowBits` and never makes an inflater or deflater.
    private struct NoCodec: DeflateCodec {
        var windowBits: ClosedRange<Int> { 9...15 }
        func makeInflater() -> (any Inflater)? { nil }
        func makeDeflater(windowBits: Int) -> (any Deflater)? { nil }
    }

    private func answer(of server: DeflateServer, to fields: [String]) -> String? {
        let headers = HTTPHeaders(fields.map { ("Sec-WebSocket-Extensions", $0) })
        return server.accept(HTTPRequestHead(version: .http1_1, method: .GET, uri: "/", headers: headers))?.answer.text
    }

    @Test(
        "A server accepts the first offer that it supports, with the parameters that the offer requires",
        arguments: [
            (["permessage-deflate"], "permessage-deflate"),
            (["permessage-deflate; client_max_window_bits"], "permessage-deflate"),
            (["permessage-deflate; client_max_window_bits=10"], "permessage-deflate"),
            (["permessage-deflate; server_no_context_takeover"], "permessage-deflate; server_no_context_takeover"),
            (["permessage-deflate; client_no_context_takeover"], "permessage-deflate; client_no_context_takeover"),
            (["permessage-deflate; server_max_window_bits=9"], "permessage-deflate; server_max_window_bits=9"),
            (["permessage-deflate; server_max_window_bits=\"15\""], "permessage-deflate; server_max_window_bits=15"),
            (["x-other, permessage-deflate"], "permessage-deflate"),
            (["permessage-deflate; server_max_window_bits=8, permessage-deflate"], "permessage-deflate"),
            (["permessage-deflate; unknown", "permessage-deflate"], "permessage-deflate"),
        ] as [([String], String)]
    )
    func serverAccepts(fields: [String], expected: String) {
        #expect(answer(of: DeflateServer(codec: NoCodec()), to: fields) == expected)
    }

    @Test(
        "A server declines an offer with an unknown, malformed or repeated parameter",
        arguments: [
            "permessage-deflate; unknown", "permessage-deflate; server_no_context_takeover=1",
            "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
            "permessage-deflate; server_max_window_bits", "permessage-deflate; server_max_window_bits=7",
            "permessage-deflate; server_max_window_bits=16", "permessage-deflate; server_max_window_bits=09",
            "permessage-deflate; server_max_window_bits=+9", "permessage-deflate; client_max_window_bits=0",
            "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9",
            "permessage-deflate; server_max_window_bits=8", "Permessage-Deflate", "permessage-deflate;",
        ]
    )
    func serverDeclines(offer: String) {
        #expect(answer(of: DeflateServer(codec: NoCodec()), to: [offer]) == nil)
    }

    @Test("A server with shared messages keeps no context between messages, and accepts no smaller window")
    func shared() {
        let server = DeflateServer.shared(codec: NoCodec())
        let alone = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        #expect(answer(of: server, to: ["permessage-deflate; client_max_window_bits"]) == alone)
        #expect(answer(of: server, to: ["permessage-deflate; server_max_window_bits=12, permessage-deflate"]) == alone)
        #expect(answer(of: server, to: ["permessage-deflate; server_max_window_bits=12"]) == nil)
    }

    @Test("A client offers client_no_context_takeover and client_max_window_bits")
    func offers() {
        #expect(
            DeflateClient(codec: NoCodec()).offer.text
                == "permessage-deflate; client_no_context_takeover; client_max_window_bits"
        )
        #expect(
            DeflateClient(codec: NoCodec(), keepsContext: true, serverKeepsContext: false).offer.text
                == "permessage-deflate; server_no_context_takeover; client_max_window_bits"
        )
    }

    @Test("A client accepts the server's parameters, and uses no compression if the server accepts no offer")
    func clientAccepts() throws {
        let client = DeflateClient(codec: NoCodec(), keepsContext: true)
        let none = try client.accept(answer: [])
        #expect(none?.parameters == nil)
        let plain = try #require(try client.accept(answer: ["permessage-deflate"]))
        #expect(plain.parameters == DeflateParameters())
        let answer =
            "permessage-deflate; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=9"
        let narrow = try #require(try client.accept(answer: [answer]))
        #expect(narrow.parameters.client == .init(keepsContext: false, windowBits: 9))
        #expect(narrow.parameters.server == .init(keepsContext: true, windowBits: 10))
    }

    @Test(
        "A client fails the connection if the response does not match its offer",
        arguments: [
            "x-other", "permessage-deflate, permessage-deflate", "permessage-deflate; unknown",
            "permessage-deflate; client_max_window_bits", "permessage-deflate; server_max_window_bits=16",
            "permessage-deflate; server_no_context_takeover; server_no_context_takeover", "permessage-deflate;",
        ]
    )
    func clientRefuses(answer: String) {
        #expect(throws: WebSocketConnectError.self) { try DeflateClient(codec: NoCodec()).accept(answer: [answer]) }
    }

    @Test("A client that requires server_no_context_takeover rejects a response without it")
    func serverMustNotKeep() throws {
        let client = DeflateClient(codec: NoCodec(), serverKeepsContext: false)
        #expect(throws: WebSocketConnectError.self) { try client.accept(answer: ["permessage-deflate"]) }
        let alone = try client.accept(answer: ["permessage-deflate; server_no_context_takeover"])
        #expect(alone?.parameters.server.keepsContext == false)
    }
}
