// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import HTTPTypes
import LiveProgress
@_spi(Server) import LiveProgressHTTP
import LiveProgressTesting
import Testing

@Suite("Authorization of requests")
struct AuthorizationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let token: String?
        let method: HTTPRequest.Method
        let path: String
        let body: String
        let status: Int

        init(_ token: String?, _ method: HTTPRequest.Method, _ path: String, _ body: String = "", to status: Int) {
            (self.token, self.method, self.path, self.body, self.status) = (token, method, path, body, status)
        }

        var testDescription: String { "\(token ?? "nobody") \(method) \(path) \(body): \(status)" }
    }

    static let red = #"{"labels":{"team":"red"}}"#
    static let blue = #"{"labels":{"team":"blue"}}"#
    static let report = #"{"state":"S"}"#

    static let cases: [Case] = [
        // Missing or invalid credentials permit nothing, whether or not the operation exists.
        Case(nil, .get, "/a", to: 401), Case(nil, .get, "/none", to: 401), Case(nil, .get, "", to: 401),
        Case(nil, .post, "", red, to: 401), Case(nil, .put, "/a", report, to: 401),
        Case(nil, .patch, "/a", report, to: 401),
        Case(nil, .delete, "/a", to: 401), Case(nil, .post, "/a/cancel", to: 401), Case("bad", .get, "/a", to: 401),
        // An administrator may do everything.
        Case("admin", .get, "/a", to: 200), Case("admin", .get, "/b", to: 200), Case("admin", .get, "", to: 200),
        Case("admin", .patch, "/a", report, to: 200), Case("admin", .put, "/new", "{}", to: 201),
        Case("admin", .post, "/a/cancel", to: 202), Case("admin", .delete, "/b", to: 204),
        Case("admin", .get, "/none", to: 404),
        // A token for one operation: other actions are forbidden, and other operations seem not to exist.
        Case("watch-a", .get, "/a", to: 200), Case("watch-a", .patch, "/a", report, to: 403),
        Case("watch-a", .post, "/a/cancel", to: 403), Case("watch-a", .delete, "/a", to: 403),
        Case("watch-a", .get, "", to: 403),
        Case("watch-a", .put, "/a", report, to: 403), Case("watch-a", .post, "", "{}", to: 403),
        Case("watch-a", .get, "/b", to: 404), Case("watch-a", .patch, "/b", report, to: 404),
        Case("watch-a", .post, "/b/cancel", to: 404), Case("watch-a", .delete, "/b", to: 404),
        Case("watch-a", .put, "/b", report, to: 404), Case("watch-a", .put, "/none", report, to: 404),
        Case("report-a", .patch, "/a", report, to: 200), Case("report-a", .put, "/a", report, to: 200),
        Case("report-a", .get, "/a", to: 403), Case("report-a", .post, "/a/cancel", to: 403),
        Case("cancel-a", .post, "/a/cancel", to: 202), Case("cancel-a", .get, "/a", to: 403),
        Case("delete-a", .delete, "/a", to: 204), Case("delete-a", .delete, "/b", to: 404),
        // Grants by label.
        Case("watch-red", .get, "/a", to: 200), Case("watch-red", .get, "/b", to: 404),
        Case("watch-red", .get, "", to: 403),
        Case("list-red", .get, "", to: 200), Case("list-red", .get, "/a", to: 403),
        Case("list-red", .get, "/b", to: 404),
        // Grants to create, with or without required labels.
        Case("create-any", .post, "", "{}", to: 201), Case("create-any", .put, "/new", "{}", to: 201),
        Case("create-any", .get, "/a", to: 404), Case("create-any", .put, "/a", report, to: 409),
        Case("create-red", .post, "", red, to: 201), Case("create-red", .post, "", blue, to: 403),
        Case("create-red", .post, "", "{}", to: 403), Case("create-red", .put, "/new", red, to: 201),
        Case("create-red", .put, "/new", blue, to: 403), Case("create-red", .put, "/b", blue, to: 403),
        Case("create-red", .put, "/b", red, to: 409), Case("create-red", .patch, "/a", report, to: 200),
        Case("create-red", .patch, "/a", blue, to: 403), Case("create-red", .put, "/a", blue, to: 403),
        Case("create-red", .patch, "/b", red, to: 404),
        Case("watch-all", .get, "/none", to: 404), Case("watch-all", .put, "/none", report, to: 403),
        Case("nothing", .get, "/a", to: 404), Case("nothing", .get, "", to: 403),
        Case("nothing", .post, "", "{}", to: 403),
    ]

    @Test(
        "Each request gets the permissions of its credentials, with an immediate or a deferred decision",
        arguments: cases,
        [false, true]
    )
    func table(_ each: Case, isSlow: Bool) async throws {
        let fixture = try Fixture.guarded(isSlow: isSlow)
        let answer = await fixture.send(as: each.token, each.method, each.path, each.body)
        #expect(answer.status == each.status)
        if each.status == 401 { #expect(answer.problem == "unauthenticated") }
        if each.status == 403 { #expect(answer.problem == "forbidden") }
        if each.status == 404 { #expect(answer.problem == "unknown") }
    }

    @Test(
        "Invariant 12: a hidden operation and a missing operation get the same response, byte for byte",
        arguments: ["watch-a", "watch-red", "list-red", "create-red", "nothing"],
        [HTTPRequest.Method.get, .head, .patch, .put, .delete, .post]
    )
    func unseenIsUnknown(token: String, method: HTTPRequest.Method) async throws {
        let fixture = try Fixture.guarded()
        if token == "create-red", method == .put { return }
        let body = method == .patch || method == .put ? Self.report : ""
        let suffix = method == .post ? "/cancel" : ""
        for accept in ["application/json", "text/event-stream", "application/x-ndjson"] {
            let unseen = await fixture.send(as: token, method, "/b" + suffix, body, [.accept: accept])
            let unknown = await fixture.send(as: token, method, "/none" + suffix, body, [.accept: accept])
            #expect(unseen.status == 404)
            #expect(unseen.response.head == unknown.response.head)
            #expect(unseen.bytes == unknown.bytes)
        }
    }

    @Test("A deleted operation is gone for callers who could see it, and unknown to others")
    func gone() async throws {
        let fixture = try Fixture.guarded()
        try fixture.service.deleteProgress(Tokens.a)
        #expect(await fixture.send(as: "watch-a", .get, "/a").status == 410)
        #expect(await fixture.send(as: "watch-red", .get, "/a").status == 404)
        #expect(await fixture.send(as: "nothing", .get, "/a").status == 404)
    }

    @Test("A 401 has the challenge, reports an invalid token, and is the same for every operation")
    func challenge() async throws {
        let fixture = try Fixture.guarded()
        let none = await fixture.send(as: nil, .get, "/a")
        #expect(none[.wwwAuthenticate] == #"Bearer realm="live-progress""#)
        let bad = await fixture.send(as: "bad", .get, "/a")
        #expect(bad[.wwwAuthenticate] == #"Bearer realm="live-progress", error="invalid_token""#)
        #expect(!bad.text.contains("bad"))
        for path in ["/none", "/b", "/%00"] {
            let other = await fixture.send(as: "bad", .get, path)
            #expect(other.response.head == bad.response.head)
            #expect(other.bytes == bad.bytes)
        }
        let forbidden = await fixture.send(as: "watch-a", .delete, "/a")
        #expect(forbidden[.wwwAuthenticate]?.hasSuffix(#"error="insufficient_scope", scope="delete""#) == true)
    }

    @Test("The list and its feed show only operations that the credentials may list")
    func list() async throws {
        let fixture = try Fixture.guarded()
        let page = await fixture.send(as: "list-red", .get, "")
        #expect(page.json["operations"]?.arrayValue?.compactMap { $0["id"]?.stringValue } == ["a"])
        let all = await fixture.send(as: "watch-all", .get, "")
        #expect(all.json["operations"]?.arrayValue?.count == 2)
        let feed = await fixture.send(as: "list-red", .get, "", "", [.accept: "application/x-ndjson"])
        guard case .stream(let stream) = feed.response.body else { return #expect(feed.status == 0) }
        var chunks = stream.makeAsyncIterator()
        let first = String(decoding: try #require(await chunks.next()), as: UTF8.self)
        #expect(first.contains(#""id":"a""#) && !first.contains(#""id":"b""#))
    }

    @Test("A creation returns tokens for the new operation, also when the request is repeated")
    func tokens() async throws {
        let fixture = try Fixture.guarded()
        let key = HTTPFields([HTTPField(name: HTTPField.Name("Idempotency-Key")!, value: "k")])
        let created = await fixture.send(as: "create-red", .post, "", Self.red, key)
        let id = try #require(created.json["id"]?.stringValue)
        #expect(created.json["tokens"]?["report"]?.stringValue == "report-\(id)")
        #expect(created.json["tokens"]?["watch"]?.stringValue == "watch-\(id)")
        let repeated = await fixture.send(as: "create-red", .post, "", Self.red, key)
        #expect(repeated.status == 200 && repeated.json["tokens"] == created.json["tokens"])
        let other = await fixture.send(as: "create-any", .post, "", Self.red, key)
        #expect(other.status == 201 && other.json["id"]?.stringValue != id)
        #expect(await fixture.send(as: "admin", .get, "/\(id)").json["tokens"] == nil)
    }

    @Test("OPTIONS needs no credentials, because browsers send preflight requests without credentials")
    func options() async throws {
        #expect(try await Fixture.guarded().send(as: nil, .options, "/a").status == 204)
    }

    @Test(
        "A browser without credentials gets the page with status 401; the page can then send the token of its fragment"
    )
    func pages() async throws {
        let fixture = try Fixture.guarded { configuration in
            configuration.pages = HTMLPages(
                operation: { _ in HTMLPage(body: Array("operation".utf8)) },
                list: { HTMLPage(body: Array("list".utf8)) },
                problem: { _ in HTMLPage(body: Array("operation".utf8)) }
            )
        }
        for (path, text) in [("/a", "operation"), ("/none", "operation"), ("", "list")] {
            let page = await fixture.send(as: nil, .get, path, "", [.accept: "text/html"])
            #expect(page.status == 401 && page.text == text)
        }
    }

    @Test("A stream ends when the credentials expire")
    func expiry() async throws {
        let fixture = Fixture()
        var configuration = ProgressAPI.Configuration()
        let end = fixture.time.clock.date().addingTimeInterval(10)
        let own = ProgressPrincipal(grants: [.init([.watch], for: .everything)], expiresAt: end)
        configuration.authorizer = KnownTokens(principals: ["t": own])
        let api = ProgressAPI(service: fixture.service, configuration: configuration)
        _ = try fixture.service.createJournal(id: Tokens.a)
        let fields: HTTPFields = [.authorization: "Bearer t", .accept: "application/x-ndjson"]
        let request = Fixture.request(.get, "/a", fields)
        let answer = await api.respond(to: request, body: [])
        guard case .stream(let stream) = answer.body else { return #expect(answer.head.status.code == 0) }
        var chunks = stream.makeAsyncIterator()
        #expect(await chunks.next() != nil)
        fixture.time.advance(by: .seconds(10))
        #expect(await chunks.next() == nil)
        #expect(await api.respond(to: request, body: []).head.status.code == 401)
    }
}
