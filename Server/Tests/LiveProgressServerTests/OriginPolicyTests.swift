// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressHTTP
import Testing

@testable import LiveProgressServer

@Suite("Who may talk to a server without keys")
struct OriginPolicyTests {
    @Test(
        "a page of another site, or a name that was made to point here, is refused",
        arguments: [
            ("127.0.0.1:8080", nil, nil),
            ("localhost", nil, nil),
            ("[::1]:8080", nil, nil),
            ("", nil, nil),
            ("127.0.0.1:8080", "http://127.0.0.1:8080", nil),
            ("127.0.0.1:8080", "HTTP://127.0.0.1:8080", nil),
            ("127.0.0.1:8080", "https://friend.example", nil),
            ("127.0.0.1:8080", "http://127.0.0.1:9090", 403),
            ("127.0.0.1:8080", "https://evil.example", 403),
            ("127.0.0.1:8080", "null", 403),
            ("evil.example", nil, 421),
            ("evil.example:8080", "http://evil.example:8080", 421),
            ("127.0.0.1.evil.example", nil, 421),
        ] as [(String, String?, Int?)]
    )
    func judges(authority: String, origin: String?, status: Int?) {
        var configuration = ServerConfiguration()
        configuration.origins = ["https://friend.example"]
        var request = HTTPRequest(method: .get, scheme: "http", authority: authority, path: "/")
        request.headerFields[.origin] = origin
        #expect(OriginPolicy(configuration).refusal(of: request, from: ProgressCaller())?.status == status)
    }

    @Test(
        "behind a trusted proxy any name is served, and a page of the same name may ask",
        arguments: [
            ("https://progress.example", nil), ("http://progress.example", nil), ("https://evil.example", 403),
        ] as [(String, Int?)]
    )
    func judgesForwarded(origin: String, status: Int?) {
        var caller = ProgressCaller(address: "203.0.113.9", isSecure: true)
        caller.isForwarded = true
        var request = HTTPRequest(method: .get, scheme: "https", authority: "progress.example", path: "/")
        request.headerFields[.origin] = origin
        #expect(OriginPolicy(ServerConfiguration()).refusal(of: request, from: caller)?.status == status)
    }

    @Test("a server that serves everyone serves every name")
    func insecureServesAnyName() {
        var configuration = ServerConfiguration()
        configuration.host = "0.0.0.0"
        configuration.isInsecure = true
        let request = HTTPRequest(method: .get, scheme: "http", authority: "progress.example", path: "/")
        #expect(OriginPolicy(configuration).refusal(of: request, from: ProgressCaller()) == nil)
    }
}
