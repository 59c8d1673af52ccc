// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Testing

@testable import LiveProgressWebSocket

@Suite("The Sec-WebSocket-Extensions header field")
struct WebSocketExtensionTests {
    @Test(
        "Extensions are read in order, from one header field or several, with and without spaces and quotes",
        arguments: [
            (["permessage-deflate"], "permessage-deflate"),
            ([], ""),
            (["a, b"], "a|b"),
            (["a", "b"], "a|b"),
            (["a;x;y=1"], "a; x; y=1"),
            (["a ; x ; y = 1 , b"], "a; x; y=1|b"),
            (["a; y=\"10\""], "a; y=10"),
            (["a; y=\"\\1\\0\""], "a; y=10"),
            (["a; x; x"], "a; x; x"),
            ([", a,, b,"], "a|b"),
        ] as [([String], String)]
    )
    func reads(fields: [String], entries: String) throws {
        let list = try #require(WebSocketExtension.list(fields))
        #expect(list.map(\.text).joined(separator: "|") == entries)
    }

    @Test(
        "A value that violates the grammar of RFC 6455 section 9.1 gives no list",
        arguments: [
            "a b", "a;", "a;;x", "a; x=", "a; =1", "a; x=\"", "a; x=\"\"", "a; x=\"1 0\"", "a; x=\"10\"b", ";", "a/b",
            "ä",
        ]
    )
    func refuses(field: String) {
        #expect(WebSocketExtension.list(["good", field]) == nil)
    }
}
