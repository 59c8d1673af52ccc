// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
@_spi(Server) import LiveProgressHTTP
import Testing

@Suite("Cross-origin requests to the API")
struct CrossOriginTests {
    private static let evil: [HTTPFields] = [
        [.origin: "https://evil.example"], [.origin: "null"], [HTTPField.Name("Sec-Fetch-Site")!: "cross-site"],
    ]
    private static let methods: [(HTTPRequest.Method, String)] = [
        (.get, ""), (.head, "/a"), (.get, "/a"), (.options, "/a"), (.post, ""), (.put, "/a"), (.patch, "/a"),
        (.delete, "/a"), (.post, "/a/cancel"), (.post, "/a"), (.get, "/a/b/c"),
    ]

    private static func fixture(_ origins: ProgressOrigins? = nil) throws -> Fixture {
        let fixture = Fixture { if let origins { $0.origins = origins } }
        _ = try fixture.service.createJournal(id: ProgressID("a"))
        return fixture
    }

    private static func upgrade(_ fixture: Fixture, _ fields: HTTPFields) -> Int {
        var all = AuthorizedWatchTests.handshake
        all.append(contentsOf: fields)
        return switch fixture.api.watch(Fixture.request(.get, "/a", all)) {
        case .accept: 101
        case .refuse(let answer): answer.head.status.code
        case .notOurs, .later: 0
        }
    }

    @Test("by default no request and no upgrade of another site's page is accepted or changes anything")
    func refusesByDefault() async throws {
        let fixture = try Self.fixture()
        for fields in Self.evil {
            for (method, path) in Self.methods {
                let answer = await fixture.send(method, path, fields, method == .put ? "state=x" : "")
                #expect(answer.status == 403, "\(method) \(path)")
                #expect(answer.problem == (method == .head ? nil : "origin-not-allowed"))
                #expect(answer[.accessControlAllowOrigin] == nil)
            }
            #expect(Self.upgrade(fixture, fields) == 403)
        }
        #expect(fixture.service.operationCount == 1)
        #expect(try fixture.service.getJournal(ProgressID("a")).snapshot().revision == 0)
    }

    @Test("pages of the server's own origin and clients without Origin are accepted")
    func letsIn() async throws {
        for fields: HTTPFields in [[:], [.origin: "http://localhost"]] {
            let fixture = try Self.fixture()
            #expect(await fixture.send(.get, "/a", fields).status == 200)
            #expect(await fixture.form(.patch, "/a", "state=x", fields).status == 200)
            #expect(Self.upgrade(fixture, fields) == 101)
        }
    }

    @Test(
        "a listed origin, or any origin under .any, may send requests and upgrades; other origins may not",
        arguments: [
            (ProgressOrigins.listed(["https://friend.example"]), "https://friend.example"),
            (.any, "https://friend.example"),
            (.any, "null"),
        ]
    )
    func listed(origins: ProgressOrigins, origin: String) async throws {
        let fixture = try Self.fixture(origins)
        let preflight = await fixture.send(
            .options,
            "/a",
            [.origin: origin, .accessControlRequestMethod: "PUT", .accessControlRequestHeaders: "content-type"]
        )
        #expect(preflight.status == 204)
        #expect(preflight[.accessControlAllowMethods] == "GET, HEAD, POST, PUT, PATCH, DELETE")
        let read = await fixture.send(.get, "/a", [.origin: origin])
        for answer in [preflight, read, await fixture.send(.get, "/none", [.origin: origin])] {
            #expect(answer[.accessControlAllowOrigin] == origin)
            #expect(answer[.vary]?.hasSuffix("Origin") == true)
            #expect(answer[.accessControlAllowCredentials] == nil)
        }
        #expect(Self.upgrade(fixture, [.origin: origin]) == 101)
        let own = await fixture.send(.get, "/a")
        #expect(own[.vary] == "Accept, Origin")
        #expect(own[.accessControlAllowOrigin] == nil)
        let other = await fixture.send(.get, "/a", [.origin: "https://friend.example.evil"])
        #expect(other.status == (origins == .any ? 200 : 403))
    }

    /// If a trusted proxy ends TLS, the client's scheme and host come from the proxy's header fields.
    @Test(
        "the server's own origin is the origin in the trusted proxy's header fields",
        arguments: [
            ("https://app.example", true, 200), ("https://inside:8080", true, 403), ("http://app.example", true, 403),
            ("https://app.example", false, 403), ("http://inside:8080", false, 200),
        ]
    )
    func behindProxy(origin: String, isTrusted: Bool, status: Int) async throws {
        let fixture = Fixture { $0.trustedProxies = (try? TrustedProxies(["10.0.0.1"])) ?? TrustedProxies() }
        var request = Fixture.request(.get, "")
        request.authority = "inside:8080"
        request.headerFields = [
            .origin: origin, HTTPField.Name("Forwarded")!: "for=203.0.113.9;proto=https;host=app.example",
        ]
        let caller = ProgressCaller(address: isTrusted ? "10.0.0.1" : "10.0.0.2")
        #expect(await fixture.api.respond(to: request, body: [], from: caller).head.status.code == status)
        request.headerFields.append(contentsOf: AuthorizedWatchTests.handshake)
        if case .refuse = fixture.api.watch(request, from: caller) {
            #expect(status == 403)
        } else {
            #expect(status == 200)
        }
    }

    @Test("an application's routes get the same origin check and the same security header fields")
    func beside() throws {
        let fixture = try Self.fixture(.listed(["https://friend.example"]))
        var request = HTTPRequest(method: .get, scheme: "http", authority: "localhost", path: "/metrics")
        #expect(fixture.api.screen(request, from: ProgressCaller()) == nil)
        request.headerFields[.origin] = "https://evil.example"
        #expect(fixture.api.screen(request, from: ProgressCaller())?.head.status.code == 403)
        request.headerFields[.origin] = "https://friend.example"
        var fields: HTTPFields = [.contentSecurityPolicy: "default-src 'self'", .vary: "Accept"]
        for _ in 0..<3 { fixture.api.protect(&fields, of: request, from: ProgressCaller()) }
        #expect(fields[.contentSecurityPolicy] == "default-src 'self'")
        #expect(fields[.xContentTypeOptions] == "nosniff")
        #expect(fields[.accessControlAllowOrigin] == "https://friend.example")
        #expect(fields[.vary] == "Accept, Origin")
    }

    @Test("every response has the security header fields; Strict-Transport-Security needs TLS and the setting")
    func safeFields() async throws {
        for insists in [false, true] {
            let fixture = Fixture { $0.insistsOnTLS = insists }
            for isSecure in [false, true] {
                var request = Fixture.request(.get, "/none")
                request.authority = "app.example"
                let caller = ProgressCaller(isSecure: isSecure)
                let answer = await fixture.api.respond(to: request, body: [], from: caller)
                for field in SafeFields.all { #expect(answer.head.headerFields[field.name] == field.value) }
                let insistence = answer.head.headerFields[.strictTransportSecurity]
                #expect(insistence == (insists && isSecure ? SafeFields.strictTransportSecurity : nil))
            }
        }
    }
}
