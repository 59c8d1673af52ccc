// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import NIOHTTP1
import Testing

@testable import LiveProgressNIO

@Suite("HTTPRequest from the head of an HTTP/1 request")
struct RequestOfHeadTests {
    @Test(
        "each header field keeps its name, in any letter case",
        arguments: [
            "Host", "host", "Sec-WebSocket-Key", "sec-websocket-key", "Cookie", "Accept", "Sec-Fetch-Site",
            "SEC-FETCH-SITE", "X-Fetch-Site", "Connectiom", "A", "Sec-WebSocket-Extensions-2",
        ]
    )
    func names(name: String) throws {
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/a?b", headers: [name: "1", "Other": "2"])
        let request = try #require(HTTPRequest(head))
        let expected = try #require(HTTPField.Name(name))
        #expect(request.headerFields.map(\.name.rawName) == [name, "Other"])
        #expect(request.headerFields.map(\.name.canonicalName) == [expected.canonicalName, "other"])
        #expect(request.headerFields.map(\.value) == ["1", "2"])
    }

    @Test("the first Host is the authority, and both forms of the target give the path")
    func authority() throws {
        let head = HTTPRequestHead(
            version: .http1_1,
            method: .GET,
            uri: "http://c/a?b",
            headers: ["X-Host": "d", "hOST": "a", "Host": "b"]
        )
        let request = try #require(HTTPRequest(head, scheme: "https"))
        #expect(request.authority == "a")
        #expect(request.scheme == "https")
        #expect(request.path == "/a?b")
    }

    @Test("the request is nil if a field name is not a token")
    func noToken() {
        #expect(HTTPRequest(HTTPRequestHead(version: .http1_1, method: .GET, uri: "/", headers: ["a b": "1"])) == nil)
    }
}
