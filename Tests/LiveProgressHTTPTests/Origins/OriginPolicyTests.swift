// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import Testing

@testable @_spi(Server) import LiveProgressHTTP

@Suite("The policy of origins and host names")
struct OriginPolicyTests {
    private static let friends = ProgressOrigins.listed(["HTTPS://Friend.example:443"])

    private static func refusal(
        _ policy: OriginPolicy,
        _ origin: String?,
        at authority: String,
        isSecure: Bool = false,
        caller: ProgressCaller? = nil
    ) -> Int? {
        var request = HTTPRequest(method: .get, scheme: isSecure ? "https" : "http", authority: authority, path: "/")
        request.headerFields[.origin] = origin
        return policy.refusal(of: request, from: caller ?? ProgressCaller(isSecure: isSecure))?.status
    }

    /// The last three columns are the statuses under `.sameOrigin`, a list, and `.any`.
    @Test(
        "a page may talk to its own origin, to a server that lists the page's origin, and to a server for any origin",
        arguments: [
            ("app.example", nil, false, nil, nil, nil),
            ("app.example", "http://app.example", false, nil, nil, nil),
            ("app.example", "HTTP://APP.example", false, nil, nil, nil),
            ("app.example:80", "http://app.example", false, nil, nil, nil),
            ("app.example:8080", "http://app.example:8080", false, nil, nil, nil),
            // A proxy has ended TLS, but the server does not trust the proxy.
            ("app.example", "https://app.example", false, nil, nil, nil),
            ("app.example", "https://app.example", true, nil, nil, nil),
            ("app.example:443", "https://app.example", true, nil, nil, nil),
            ("[2001:db8::1]:8080", "http://[2001:db8::1]:8080", false, nil, nil, nil),
            ("app.example", "http://app.example", true, 403, 403, nil),
            ("app.example", "http://app.example:8080", false, 403, 403, nil),
            ("app.example", "https://friend.example", false, 403, nil, nil),
            ("app.example", "https://friend.example", true, 403, nil, nil),
            ("app.example", "https://FRIEND.example:443", false, 403, nil, nil),
            ("app.example", "http://friend.example", false, 403, 403, nil),
            ("app.example", "https://friend.example:8443", false, 403, 403, nil),
            ("app.example", "https://friend.example.evil", false, 403, 403, nil),
            ("app.example", "https://evil.example", false, 403, 403, nil),
            ("app.example", "https://app.example.evil.example", false, 403, 403, nil),
            ("app.example", "https://app.example@evil.example", false, 403, 403, nil),
            ("app.example", "ftp://app.example", false, 403, 403, nil),
            ("app.example", "chrome-extension://app.example", false, 403, 403, nil),
            ("app.example", "app.example", false, 403, 403, nil),
            ("app.example", "null", false, 403, 403, nil),
            ("app.example", "", false, 403, 403, nil),
            ("app.example", "http://app.example, https://evil.example", false, 403, 403, nil),
            ("", "http://", false, 403, 403, nil),
        ] as [(String, String?, Bool, Int?, Int?, Int?)]
    )
    func origins(authority: String, origin: String?, isSecure: Bool, same: Int?, listed: Int?, any: Int?) {
        for (origins, status) in [(.sameOrigin, same), (Self.friends, listed), (.any, any)] {
            let policy = OriginPolicy(origins, .any)
            #expect(Self.refusal(policy, origin, at: authority, isSecure: isSecure) == status, "\(origins)")
        }
    }

    @Test("a list entry that is not an origin allows no page")
    func lists() {
        let policy = OriginPolicy(.listed(["friend.example", "*", "null", "", "https://"]), .any)
        for text in ["friend.example", "*", "null", "", "https://", "https://a.example/", "https://a b"] {
            #expect(!ProgressOrigins.isOrigin(text), "\(text)")
        }
        for text in ["https://a.example", "http://localhost:8080", "http://[::1]:1", "app://x"] {
            #expect(ProgressOrigins.isOrigin(text), "\(text)")
        }
        for origin in ["https://friend.example", "null", "*", "https://evil.example"] {
            #expect(Self.refusal(policy, origin, at: "app.example") == 403)
        }
    }

    /// The columns are method, Sec-Fetch-Site, Sec-Fetch-Mode and Sec-Fetch-Dest of a request without `Origin`.
    @Test(
        "without Origin, the Sec-Fetch fields decide; following a link is allowed from any site",
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
        #expect((OriginPolicy(.sameOrigin, .any).refusal(of: request, from: ProgressCaller()) == nil) == passes)
        #expect(OriginPolicy(.any, .any).refusal(of: request, from: ProgressCaller()) == nil)
    }

    @Test("Sec-Fetch-Site: cross-site rejects a request even if Origin matches the server")
    func fetchMetadataWins() {
        var request = HTTPRequest(method: .get, scheme: "http", authority: "localhost", path: "/")
        request.headerFields[.origin] = "http://localhost"
        request.headerFields[.secFetchSite] = "cross-site"
        #expect(OriginPolicy(.sameOrigin, .any).refusal(of: request, from: ProgressCaller())?.status == 403)
    }

    @Test(
        "a server on a loopback address answers to this machine's names alone, without TLS and without a proxy",
        arguments: [
            ("127.0.0.1:8080", nil), ("localhost", nil), ("a.localhost:1", nil), ("[::1]:8080", nil), ("", nil),
            ("evil.example", 421), ("evil.example:8080", 421), ("127.0.0.1.evil.example", 421), ("10.0.0.1", 421),
        ] as [(String, Int?)]
    )
    func loopback(authority: String, status: Int?) {
        let policy = OriginPolicy(.sameOrigin, .automatic)
        var caller = ProgressCaller(address: "127.0.0.1")
        #expect(Self.refusal(policy, nil, at: authority, caller: caller) == nil, "every name is allowed off loopback")
        caller.isOnLoopback = true
        #expect(Self.refusal(policy, nil, at: authority, caller: caller) == status)
        #expect(
            Self.refusal(policy, "http://" + authority, at: authority, caller: caller)
                == (authority.isEmpty ? 403 : status)
        )
        #expect(Self.refusal(OriginPolicy(.any, .any), nil, at: authority, caller: caller) == nil)
        #expect(Self.refusal(OriginPolicy(.any, .automatic), nil, at: authority, caller: caller) == status)
        var encrypted = caller
        encrypted.isSecure = true
        #expect(Self.refusal(policy, nil, at: authority, caller: encrypted) == nil)
        var forwarded = caller
        forwarded.isForwarded = true
        #expect(Self.refusal(policy, nil, at: authority, caller: forwarded) == nil)
        let listed = OriginPolicy(.sameOrigin, .listed(["localhost"]))
        #expect(
            Self.refusal(listed, nil, at: authority, caller: forwarded) == status,
            "a listed name holds behind a proxy"
        )
    }

    @Test(
        "host names match in any letter case, without their ports; localhost includes the loopback addresses",
        arguments: [
            (["progress.example"], "progress.example", true), (["Progress.Example"], "progress.example:8080", true),
            (["progress.example"], "PROGRESS.example.", true), (["progress.example"], "localhost", false),
            (["progress.example"], "a.progress.example", false), (["progress.example"], "progress.example.evil", false),
            (["progress.example", "localhost"], "127.0.0.1:80", true), (["localhost"], "[::1]:80", true),
            (["192.0.2.7"], "192.0.2.7:8080", true), (["[2001:db8::7]"], "[2001:DB8::7]:8080", true),
        ]
    )
    func listedHosts(names: [String], authority: String, isServed: Bool) {
        let policy = OriginPolicy(.sameOrigin, .listed(HostNames(names)))
        #expect((Self.refusal(policy, nil, at: authority) == nil) == isServed)
    }
}
