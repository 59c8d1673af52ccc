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

    /// What a browser says of a request without `Origin`: how far off the page is, whether it is a visit, and of what.
    @Test(
        "where the origin is left out, what the browser says of the page counts, and following a link is open to all",
        arguments: [
            ("GET", "none", "navigate", "document", true), ("GET", "same-origin", "cors", "empty", true),
            ("GET", "cross-site", "navigate", "document", true), ("HEAD", "same-site", "navigate", "document", true),
            ("GET", "cross-site", "no-cors", "image", false), ("GET", "same-site", "cors", "empty", false),
            ("GET", "cross-site", "navigate", "iframe", false), ("GET", "cross-site", "websocket", "websocket", false),
            ("POST", "cross-site", "navigate", "document", false), ("PUT", "cross-site", "cors", "empty", false),
            ("DELETE", "same-site", "no-cors", "empty", false), ("POST", "same-origin", "cors", "empty", true),
        ]
    )
    func fetchMetadata(method: String, site: String, mode: String, destination: String, passes: Bool) throws {
        let method = try #require(HTTPRequest.Method(method))
        var request = HTTPRequest(method: method, scheme: "http", authority: "localhost", path: "/")
        request.headerFields[.secFetchSite] = site
        request.headerFields[.secFetchMode] = mode
        request.headerFields[.secFetchDest] = destination
        #expect((OriginPolicy(ServerConfiguration()).refusal(of: request, from: ProgressCaller()) == nil) == passes)
    }

    @Test("an origin that looks like the server's own is not, where the browser says that it is of another site")
    func fetchMetadataWins() {
        var request = HTTPRequest(method: .get, scheme: "http", authority: "localhost", path: "/")
        request.headerFields[.origin] = "http://localhost"
        request.headerFields[.secFetchSite] = "cross-site"
        #expect(OriginPolicy(ServerConfiguration()).refusal(of: request, from: ProgressCaller())?.status == 403)
    }

    @Test(
        "names are listed without ports, in any case; localhost stands for this machine",
        arguments: [
            (["progress.example"], "progress.example", true), (["Progress.Example"], "progress.example:8080", true),
            (["progress.example"], "PROGRESS.example.", true), (["progress.example"], "localhost", false),
            (["progress.example"], "a.progress.example", false), (["progress.example"], "progress.example.evil", false),
            (["progress.example", "localhost"], "127.0.0.1:80", true), (["localhost"], "[::1]:80", true),
            (["192.0.2.7"], "192.0.2.7:8080", true), (["[2001:db8::7]"], "[2001:DB8::7]:8080", true),
        ]
    )
    func listedHosts(names: [String], authority: String, isServed: Bool) {
        var configuration = ServerConfiguration()
        configuration.host = "0.0.0.0"
        configuration.isInsecure = true
        configuration.hosts = names
        let request = HTTPRequest(method: .get, scheme: "http", authority: authority, path: "/")
        #expect((OriginPolicy(configuration).refusal(of: request, from: ProgressCaller()) == nil) == isServed)
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
