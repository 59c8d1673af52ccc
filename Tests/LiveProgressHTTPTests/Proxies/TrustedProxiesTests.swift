// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import Synchronization
import Testing

@testable import LiveProgressHTTP

@Suite("Trusted proxies")
struct TrustedProxiesTests {
    /// Returns header fields from `Name: value` texts, in their order.
    private static func fields(_ lines: [String]) throws -> HTTPFields {
        var fields = HTTPFields()
        for line in lines {
            let colon = try #require(line.firstIndex(of: ":"))
            let name = try #require(HTTPField.Name(String(line[..<colon])))
            fields.append(HTTPField(name: name, value: String(line[line.index(colon, offsetBy: 2)...])))
        }
        return fields
    }

    private static func client(peer: String?, _ lines: [String]) throws -> (
        request: HTTPRequest, caller: ProgressCaller
    ) {
        let proxies = try TrustedProxies(["10.0.0.0/8", "::1"])
        let request = HTTPRequest(
            method: .get,
            scheme: "http",
            authority: "inside:8080",
            path: "/",
            headerFields: try fields(lines)
        )
        return proxies.client(of: request, from: ProgressCaller(address: peer))
    }

    @Test(
        "the client is the rightmost address that does not belong to a trusted proxy",
        arguments: [
            ("10.0.0.1", ["X-Forwarded-For: 203.0.113.9"], "203.0.113.9"),
            ("::1", ["X-Forwarded-For: 203.0.113.9"], "203.0.113.9"),
            ("::ffff:10.0.0.1", ["X-Forwarded-For: 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", ["X-Forwarded-For: 6.6.6.6, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", ["X-Forwarded-For: 6.6.6.6, 203.0.113.9, 10.2.2.2"], "203.0.113.9"),
            ("10.0.0.1", ["X-Forwarded-For: 6.6.6.6", "X-Forwarded-For: 203.0.113.9:4711"], "203.0.113.9"),
            ("10.0.0.1", ["X-Forwarded-For: 2001:DB8::0001"], "2001:db8::1"),
            ("10.0.0.1", ["X-Forwarded-For: 10.7.7.7"], "10.7.7.7"),
            ("10.0.0.1", ["X-Forwarded-For: 6.6.6.6, unknown"], "10.0.0.1"),
            ("10.0.0.1", ["X-Forwarded-For: 6.6.6.6, rubbish, 10.2.2.2"], "10.2.2.2"),
            ("10.0.0.1", ["Forwarded: for=203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", ["Forwarded: For=\"[2001:db8::1]:4711\";proto=https"], "2001:db8::1"),
            ("10.0.0.1", ["Forwarded: for=6.6.6.6, for=203.0.113.9;by=10.2.2.2, for=10.2.2.2"], "203.0.113.9"),
            ("10.0.0.1", ["Forwarded: for=6.6.6.6", "Forwarded: for=203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", ["Forwarded: for=_hidden"], "10.0.0.1"),
            ("10.0.0.1", ["Forwarded: for=6.6.6.6;for=7.7.7.7"], "10.0.0.1"),
            ("10.0.0.1", ["Forwarded: host=\"a,b\", for=203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", ["Forwarded: for=6.6.6.6 rubbish"], "10.0.0.1"),
            ("10.0.0.1", ["Forwarded: for=\"6.6.6.6, for=7.7.7.7"], "10.0.0.1"),
            ("10.0.0.1", [], "10.0.0.1"),
        ] as [(String, [String], String)]
    )
    func findsClient(peer: String, lines: [String], address: String) throws {
        #expect(try Self.client(peer: peer, lines).caller.address == address)
    }

    @Test(
        "from anyone else these fields are ignored: only a trusted proxy may set them",
        arguments: ["203.0.113.9", "11.0.0.1", "::2", "2001:db8::1", "not an address", nil]
    )
    func ignoresStrangers(peer: String?) throws {
        let lines = [
            "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: https", "X-Forwarded-Host: outside.example",
            "Forwarded: for=127.0.0.1;proto=https;host=outside.example",
        ]
        let (request, caller) = try Self.client(peer: peer, lines)
        #expect(caller == ProgressCaller(address: peer))
        #expect(request.authority == "inside:8080")
        #expect(request.scheme == "http")
    }

    @Test(
        "scheme and host are those of the request that reached the outermost trusted proxy",
        arguments: [
            (["X-Forwarded-For: 6.6.6.6", "X-Forwarded-Proto: https"], "https", "inside:8080"),
            (["X-Forwarded-Proto: HTTPS", "X-Forwarded-Host: outside.example"], "https", "outside.example"),
            (
                ["X-Forwarded-Proto: https, http", "X-Forwarded-Host: evil.example, outside.example"], "http",
                "outside.example"
            ),
            (["X-Forwarded-Proto: gopher", "X-Forwarded-Host: a b"], "http", "inside:8080"),
            (["Forwarded: for=6.6.6.6;proto=https;host=\"outside.example:8443\""], "https", "outside.example:8443"),
            (["Forwarded: for=6.6.6.6;proto=https, for=10.2.2.2;proto=http;host=next"], "https", "next"),
            (["Forwarded: for=9.9.9.9;proto=http;host=evil, for=6.6.6.6;proto=https"], "https", "inside:8080"),
        ]
    )
    func findsOutside(lines: [String], scheme: String, authority: String) throws {
        let (request, caller) = try Self.client(peer: "10.0.0.1", lines)
        #expect(request.scheme == scheme)
        #expect(caller.isSecure == (scheme == "https"))
        #expect(caller.isForwarded)
        #expect(request.authority == authority)
    }

    @Test("fields that contradict each other are both ignored, because one may come from the client")
    func contradiction() throws {
        let lines = ["Forwarded: for=127.0.0.1;proto=https", "X-Forwarded-For: 203.0.113.9"]
        let caller = try Self.client(peer: "10.0.0.1", lines).caller
        #expect(caller == ProgressCaller(address: "10.0.0.1"))
        let agreeing = ["Forwarded: for=203.0.113.9;proto=https", "X-Forwarded-For: 203.0.113.9"]
        #expect(try Self.client(peer: "10.0.0.1", agreeing).caller.address == "203.0.113.9")
    }

    @Test("the authorizer sees the client that a trusted proxy names, for requests and upgrades")
    func apiSeesClient() async throws {
        let seen = Seen()
        let fixture = Fixture { configuration in
            configuration.trustedProxies = (try? TrustedProxies(["10.0.0.1"])) ?? TrustedProxies()
            configuration.authorizer = seen
        }
        var request = Fixture.request(.get, "")
        request.headerFields = AuthorizedWatchTests.handshake
        request.headerFields.append(
            contentsOf: try Self.fields(["Forwarded: for=203.0.113.9;proto=https;host=outside.example"])
        )
        _ = await fixture.api.respond(to: request, body: [], from: ProgressCaller(address: "10.0.0.1"))
        _ = fixture.api.watch(request, from: ProgressCaller(address: "10.0.0.1"))
        #expect(seen.all == Array(repeating: "203.0.113.9 true outside.example", count: 2))
    }

    @Test("an invalid address range is rejected, and the error has its text", arguments: ["", "10.0.0.0/33", "x"])
    func refusesRanges(text: String) {
        let error = #expect(throws: TrustedProxies.InvalidRange.self) { try TrustedProxies(["::1", text]) }
        #expect(error?.text == text)
    }
}

/// An authorizer that refuses every request and records its caller.
private final class Seen: ProgressAuthorizer {
    private let texts = Mutex<[String]>([])

    var all: [String] { texts.withLock { $0 } }

    func authorize(_ request: ProgressAccessRequest) -> ProgressAuthorization {
        let caller = request.caller
        texts.withLock { $0.append("\(caller.address ?? "") \(caller.isSecure) \(request.head.authority ?? "")") }
        return .refused()
    }
}
