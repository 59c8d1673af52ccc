// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import Testing

@testable import LiveProgressHTTP

@Suite("Changes with Idempotency-Key")
struct IdempotentChangeTests {
    /// A change that would increase the count again if it were applied twice.
    struct Change: Sendable, CustomTestStringConvertible {
        let method: HTTPRequest.Method
        var path = "/a"
        let type: String
        let body: String
        let status: Int
        let count: Int64

        var testDescription: String { "\(method) \(path) \(type)" }
    }

    private static let json = "application/json"
    private static let form = "application/x-www-form-urlencoded"
    private static let lines = "application/x-ndjson"

    private static let changes = [
        Change(method: .patch, type: json, body: #"{"advance":1}"#, status: 200, count: 1),
        Change(method: .patch, type: form, body: "advance=1", status: 200, count: 1),
        Change(method: .patch, type: lines, body: "{\"advance\":1}\n{\"advance\":2}\n", status: 200, count: 3),
        Change(method: .put, type: json, body: #"{"advance":1}"#, status: 200, count: 1),
        Change(method: .put, path: "/new", type: json, body: #"{"advance":1,"title":"New"}"#, status: 201, count: 1),
        Change(method: .put, path: "/new", type: form, body: "advance=1", status: 201, count: 1),
    ]

    private let fixture = Fixture { $0.maximumIdempotencyKeys = 10 }

    init() async {
        _ = await fixture.form(.put, "/a", "cancellable=true&completedCount=0&totalCount=10")
    }

    private func send(_ change: Change, key: String, _ body: String? = nil, _ fields: HTTPFields = [:]) async -> Answer
    {
        var fields = fields
        fields[.contentType] = change.type
        fields[.idempotencyKey] = key
        return await fixture.send(change.method, change.path, fields, body ?? change.body)
    }

    private func count(_ path: String = "/a") async -> Int64? {
        await fixture.send(.get, path).json["progress"]?["completedCount"]?.intValue
    }

    @Test("A change is applied once, however often it is sent; each repeat gets the first response", arguments: changes)
    func repeats(change: Change) async {
        let first = await send(change, key: "k1")
        #expect(first.status == change.status)
        for _ in 0..<3 {
            let again = await send(change, key: "k1")
            #expect(again.response.head == first.response.head)
            #expect(again.text == first.text)
        }
        #expect(await count(change.path) == change.count)
    }

    @Test("A repeat gets the response of its first request, even after other changes", arguments: changes)
    func interleaved(change: Change) async {
        let first = await send(change, key: "k1")
        _ = await fixture.form(.patch, change.path, "advance=1&state=Other")
        let second = await send(change, key: "k2")
        for _ in 0..<2 {
            #expect(await send(change, key: "k1").text == first.text)
            #expect(await send(change, key: "k2").text == second.text)
        }
        #expect(await count(change.path) == 2 * change.count + 1)
    }

    @Test("A different request with the same key is rejected and changes nothing", arguments: changes)
    func reused(change: Change) async {
        _ = await send(change, key: "k1")
        for body in [change.body + (change.type == Self.form ? "&state=x" : " "), ""] {
            let answer = await send(change, key: "k1", body)
            #expect(answer.status == 422)
            #expect(answer.problem == "idempotency-key-reused")
        }
        let other = await fixture.send(change.method == .put ? .patch : .put, change.path, [.idempotencyKey: "k1"])
        #expect(other.problem == "idempotency-key-reused")
        #expect(await count(change.path) == change.count)
    }

    @Test("Each operation has its own keys, separate from the keys of creations")
    func operations() async {
        let key: HTTPFields = [.idempotencyKey: "k1"]
        _ = await fixture.form(.put, "/b", "completedCount=0")
        for path in ["/a", "/b", "/a", "/b"] {
            #expect(await fixture.form(.patch, path, "advance=1", key).status == 200)
        }
        #expect(await fixture.form(.post, "", "advance=1", key).status == 201)
        #expect(await count("/a") == 1)
        #expect(await count("/b") == 1)
    }

    @Test("A key of another subject is unknown", arguments: [("x", "y"), (nil, nil)] as [(String?, String?)])
    func owners(one: String?, other: String?) async {
        let id = ProgressID("a")
        let principals = [
            "one": ProgressPrincipal(subject: one, grants: [.init([.report], for: .operation(id))]),
            "other": ProgressPrincipal(subject: other, grants: [.init([.report, .watch], for: .operation(id))]),
            "admin": ProgressPrincipal(grants: [.init([.admin], for: .everything)]),
        ]
        let fixture = Fixture { $0.authorizer = KnownTokens(principals: principals, isSlow: false) }
        _ = await fixture.send(as: "admin", .put, "/a", #"{"completedCount":0}"#)
        let key: HTTPFields = [.idempotencyKey: "k1"]
        for token in ["one", "other", "one", "other"] {
            #expect(await fixture.send(as: token, .patch, "/a", #"{"advance":1}"#, key).status == 200)
        }
        let answer = await fixture.send(as: "other", .get, "/a")
        #expect(answer.json["progress"]?["completedCount"] == 2)
    }

    @Test("A repeat still needs permission")
    func permission() async throws {
        let fixture = try Fixture.guarded()
        let key: HTTPFields = [.idempotencyKey: "k1"]
        for _ in 0..<2 {
            #expect(await fixture.send(as: "watch-a", .patch, "/a", #"{"advance":1}"#, key).status == 403)
            #expect(await fixture.send(as: "report-a", .patch, "/b", #"{"advance":1}"#, key).status == 404)
            #expect(await fixture.send(as: nil, .patch, "/a", #"{"advance":1}"#, key).status == 401)
        }
    }

    @Test("A rejected change does not use up its key")
    func refused() async {
        let change = Self.changes[0]
        for _ in 0..<2 { #expect(await send(change, key: "k1", nil, [.ifMatch: "\"e-7\""]).status == 412) }
        for _ in 0..<2 { #expect(await send(change, key: "k1", #"{"advance":-1}"#).status == 422) }
        #expect(await send(change, key: "k1", "{").status == 400)
        for _ in 0..<2 { #expect(await send(change, key: "k1", nil, [.ifMatch: "\"e-1\""]).status == 200) }
        #expect(await count() == 1)
    }

    @Test("A repeated request to cancel gets the first response, even after the operation has ended")
    func cancel() async {
        let key: HTTPFields = [.idempotencyKey: "k1"]
        let first = await fixture.send(.post, "/a/cancel", key)
        #expect(first.status == 202)
        _ = await fixture.form(.patch, "/a", "status=cancelled")
        for _ in 0..<2 { #expect(await fixture.send(.post, "/a/cancel", key).text == first.text) }
        #expect(await fixture.send(.post, "/a/cancel").status == 409)
    }

    @Test("A repeated deletion gets the first response; every other request gets 410")
    func delete() async {
        let key: HTTPFields = [.idempotencyKey: "k1"]
        _ = await fixture.form(.patch, "/a", "advance=1", [.idempotencyKey: "k2"])
        for _ in 0..<3 { #expect(await fixture.send(.delete, "/a", key).status == 204) }
        #expect(await fixture.send(.delete, "/a").status == 410)
        #expect(await fixture.form(.patch, "/a", "advance=1", [.idempotencyKey: "k2"]).status == 410)
    }

    @Test("The Prefer field of each repeat decides if the response has the snapshot")
    func minimal() async {
        let change = Self.changes[0]
        let minimal: HTTPFields = [.prefer: "return=minimal"]
        #expect(await send(change, key: "k1", nil, minimal).status == 204)
        let full = await send(change, key: "k1")
        #expect(full.status == 200)
        #expect(full.json["cursor"] == "e-2")
        let again = await send(change, key: "k1", nil, minimal)
        #expect(again.status == 204)
        #expect(again.isEmpty)
        #expect(again[.eTag] == "\"e-2\"")
    }

    @Test("A repeat whose revision is overwritten gets the newest snapshot, and changes nothing")
    func overwritten() async {
        let fixture = Fixture(journalCapacity: 2)
        _ = await fixture.form(.put, "/a", "completedCount=0")
        let key: HTTPFields = [.idempotencyKey: "k1"]
        _ = await fixture.form(.patch, "/a", "advance=1", key)
        for number in 1...3 { _ = await fixture.form(.patch, "/a", "state=\(number)") }
        for _ in 0..<2 {
            let answer = await fixture.form(.patch, "/a", "advance=1", key)
            #expect(answer.status == 200)
            #expect(answer[.eTag] == "\"e-5\"")
            #expect(answer.json["progress"]?["completedCount"] == 1)
        }
    }

    @Test("Invariant 10: new keys evict the oldest keys, but not keys of creations")
    func bounded() async {
        let key: HTTPFields = [.idempotencyKey: "k1"]
        _ = await fixture.send(.post, "", key)
        for number in 1...11 { _ = await send(Self.changes[0], key: "k\(number)") }
        #expect(await fixture.send(.post, "", key).status == 200)
        _ = await send(Self.changes[0], key: "k11")
        #expect(await count() == 11)
        _ = await send(Self.changes[0], key: "k1")
        #expect(await count() == 12)
    }

    @Test("An outcome belongs only to the epoch of its operation")
    func epochs() {
        let outcomes: [ChangeOutcome] = [
            .revision(.ok, ProgressCursor(epoch: "old", revision: 3)),
            .lines(2, ProgressCursor(epoch: "old", revision: 3)),
        ]
        for outcome in outcomes {
            #expect(outcome.isOf("old"))
            #expect(outcome.isOf(nil))
            #expect(!outcome.isOf("new"))
        }
    }

    @Test("A repeat of a change to the previous run does not change the new run")
    func startedAnew() async {
        let fixture = Fixture(epochs: (1...9).map { "e\($0)" })
        let changes: [(HTTPRequest.Method, String, String)] = [
            (.patch, "/a", "advance=5"), (.put, "/a", "advance=1"), (.patch, "/a", "status=failed"),
        ]
        for round in 1...3 {
            #expect(await fixture.form(.post, "", "id=a").status == 201)
            for (number, change) in changes.enumerated() {
                let key: HTTPFields = [.idempotencyKey: "k\(round)-\(number)"]
                for _ in 0..<2 { #expect(await fixture.form(change.0, change.1, change.2, key).status == 200) }
            }
            #expect(await fixture.form(.post, "", "id=a&state=Next").status == 201)
            for (number, change) in changes.enumerated() {
                let key: HTTPFields = [.idempotencyKey: "k\(round)-\(number)"]
                for _ in 0..<2 { #expect(await fixture.form(change.0, change.1, change.2, key).problem == "gone") }
            }
            let next = await fixture.send(.get, "/a").json
            #expect(next["status"] == "running" && next["revision"] == 1 && next["progress"] == .null)
            #expect(await fixture.form(.patch, "/a", "status=succeeded").status == 200)
        }
    }

    @Test(
        "An invalid key is rejected",
        arguments: ["", String(repeating: "k", count: 256)],
        [HTTPRequest.Method.patch, .put, .delete]
    )
    func malformed(key: String, method: HTTPRequest.Method) async {
        let answer = await fixture.send(method, "/a", [.idempotencyKey: key])
        #expect(answer.status == 400)
        #expect(answer.problem == "malformed-header")
    }
}
