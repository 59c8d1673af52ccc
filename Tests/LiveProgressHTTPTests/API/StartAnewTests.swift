// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressTesting
import Testing

@testable import LiveProgressHTTP

/// A nightly job whose operation always has the same identifier.
@Suite("POST starts a new run of an ended operation; PUT and PATCH never do")
struct StartAnewTests {
    /// The ways in which the previous run can end.
    enum Former: String, CaseIterable, Sendable {
        case succeeded, failed, cancelled, workerLost, deleted, expired

        func makeOver(_ fixture: Fixture) async {
            switch self {
            case .succeeded, .failed, .cancelled:
                #expect(await fixture.form(.patch, "/job", "status=\(rawValue)").status == 200)
            case .workerLost:
                fixture.time.advance(by: .seconds(60))
                _ = try? fixture.service.getProgress("job")
                fixture.time.advance(by: .seconds(300))
            case .deleted: #expect(await fixture.send(.delete, "/job").status == 204)
            case .expired:
                #expect(await fixture.form(.patch, "/job", "status=succeeded").status == 200)
                fixture.time.advance(by: .seconds(25 * 3600))
            }
        }

        var isForgotten: Bool { self == .deleted || self == .expired }
    }

    private let fixture = Fixture(epochs: ["first", "second"] + (3...20).map { "epoch\($0)" })

    @Test(
        "After the previous run, POST starts a new run without any state of the previous one",
        arguments: Former.allCases
    )
    func nights(former: Former) async {
        var cursors: Set<String> = []
        for night in 1...3 {
            let start = await fixture.json(.post, "", #"{"id":"job","title":"Night \#(night)"}"#)
            #expect(start.status == 201)
            #expect(start[.location] == "progress/job")
            #expect(start.json["revision"] == 0)
            let isNew = cursors.insert(start.json["cursor"]?.stringValue ?? "").inserted
            #expect(isNew)
            #expect(start.json["status"] == "pending")
            #expect(start.json["progress"] == .null)
            #expect(await fixture.json(.post, "", #"{"id":"job"}"#).status == 409)
            #expect(await fixture.form(.patch, "/job", "state=Working&completedCount=3&totalCount=10").status == 200)
            #expect(await fixture.json(.post, "", #"{"id":"job"}"#).problem == "already-exists")
            await former.makeOver(fixture)
        }
        #expect(await fixture.send(.get, "/job").status == (former.isForgotten ? 410 : 200))
        #expect(fixture.service.operationCount == (former.isForgotten ? 0 : 1))
    }

    @Test("A late worker cannot restart the operation; the problem names POST", arguments: Former.allCases)
    func lateWorker(former: Former) async {
        #expect(await fixture.json(.post, "", #"{"id":"job"}"#).status == 201)
        await former.makeOver(fixture)
        for method in [HTTPRequest.Method.put, .patch] {
            for body in ["state=Late", "status=failed&error=late", "attempt=2&state=Late"] {
                let answer = await fixture.form(method, "/job", body)
                #expect(answer.status == (former.isForgotten ? 410 : 409))
                #expect(answer.problem == (former.isForgotten ? "gone" : "ended"))
                #expect(answer.json["detail"]?.stringValue?.contains("POST") == true)
            }
        }
        #expect(await fixture.json(.post, "", #"{"id":"job"}"#).status == 201)
        #expect(await fixture.form(.put, "/job", "state=Working").status == 200)
        #expect(await fixture.form(.patch, "/job", "state=Working").status == 200)
    }

    @Test("PUT creates an operation if the identifier has never been used")
    func putCreates() async {
        #expect(await fixture.form(.put, "/job", "state=Working").status == 201)
    }

    @Test("A cursor of the previous run is not resumed on any transport")
    func oldCursor() async throws {
        _ = await fixture.json(.post, "", #"{"id":"job"}"#)
        let old = try #require(await fixture.form(.patch, "/job", "status=succeeded")[.eTag])
        _ = await fixture.json(.post, "", #"{"id":"job"}"#)
        let cursor = String(old.dropFirst().dropLast())
        let snapshot = await fixture.send(.get, "/job", [.ifNoneMatch: old])
        #expect(snapshot.status == 200)
        #expect(snapshot.json["cursor"]?.stringValue == "second-0")
        for accept in ["text/event-stream", "application/x-ndjson"] {
            let answer = await fixture.send(.get, "/job?cursor=\(cursor)", [.accept: accept])
            var chunks = try #require(answer.stream).makeAsyncIterator()
            let first = try #require(await chunks.text())
            #expect(first.contains(#""resumed":false"#))
            #expect(first.contains(#""cursor":"second-0""#))
        }
    }

    @Test("A watcher of the previous run receives its end and nothing of the new run")
    func formerWatchers() async throws {
        _ = await fixture.json(.post, "", #"{"id":"job"}"#)
        let answer = await fixture.send(.get, "/job", [.accept: "application/x-ndjson"])
        var chunks = try #require(answer.stream).makeAsyncIterator()
        #expect(try #require(await chunks.text()).contains(#""type":"snapshot""#))
        _ = await fixture.form(.patch, "/job", "status=failed&error=No+space")
        _ = await fixture.json(.post, "", #"{"id":"job"}"#)
        let end = try #require(await chunks.text())
        #expect(end.contains(#""type":"end""#) && end.contains("No space") && end.contains(#""cursor":"first-1""#))
        #expect(await chunks.text() == nil)
    }

    @Test("The timers of the previous run do not affect the new run", arguments: Former.allCases)
    func timers(former: Former) async {
        _ = await fixture.json(.post, "", #"{"id":"job","lease":60}"#)
        await former.makeOver(fixture)
        _ = await fixture.json(.post, "", #"{"id":"job","lease":31536000}"#)
        for _ in 0..<5 {
            // Later than the previous run's lease, retention, and record of deletion.
            fixture.time.advance(by: .seconds(24 * 3600))
            let answer = await fixture.send(.get, "/job")
            #expect(answer.status == 200)
            #expect(answer.json["status"] == "pending")
        }
    }

    @Test("A repeated POST with one Idempotency-Key returns its run, also after the end, and never starts a new run")
    func idempotent() async {
        let first: HTTPFields = [.idempotencyKey: "\"k1\""]
        #expect(await fixture.json(.post, "", #"{"id":"job"}"#, first).status == 201)
        _ = await fixture.form(.patch, "/job", "status=succeeded")
        for _ in 0..<3 {
            let again = await fixture.json(.post, "", #"{"id":"job"}"#, first)
            #expect(again.status == 200)
            #expect(again.json["cursor"]?.stringValue == "first-1")
        }
        let second: HTTPFields = [.idempotencyKey: "\"k2\""]
        #expect(await fixture.json(.post, "", #"{"id":"job"}"#, second).status == 201)
        let repeated = await fixture.json(.post, "", #"{"id":"job"}"#, second)
        #expect(repeated.status == 200)
        #expect(repeated.json["cursor"]?.stringValue == "second-0")
        // The first key's run is gone; the response must not show the run of the second key.
        #expect(await fixture.json(.post, "", #"{"id":"job"}"#, first).status == 410)
    }

    @Test("A new run replaces the previous run in the limits of operations and of operations per subject")
    func limits() async {
        let fixture = Fixture(maximumOperations: 1) { $0.limits.operationsPerSubject = 1 }
        let caller = ProgressCaller(subject: "me")
        for _ in 0..<3 {
            #expect(await fixture.post(#"{"id":"job"}"#, from: caller) == 201)
            #expect(await fixture.post(#"{"id":"other"}"#, from: caller) == 429)
            _ = await fixture.form(.patch, "/job", "status=succeeded")
        }
        _ = await fixture.send(.delete, "/job")
        #expect(await fixture.post(#"{"id":"other"}"#, from: caller) == 201)
    }
}

@Suite("The limit of remembered keys")
struct KeyBoundTests {
    @Test("Invariant 10: the newest keys repeat their response; an evicted key creates a new operation")
    func keys() async {
        let fixture = Fixture { $0.maximumIdempotencyKeys = 2 }
        func post(_ key: Int) async -> Int { await fixture.json(.post, "", "{}", [.idempotencyKey: "\(key)"]).status }
        for key in 1...2 { #expect(await post(key) == 201) }
        for key in 1...2 { #expect(await post(key) == 200) }
        #expect(await post(3) == 201)
        for key in 2...3 { #expect(await post(key) == 200) }
        #expect(await post(1) == 201)
    }
}

@Suite("Permission to start a new run")
struct StartAnewAuthorizationTests {
    @Test(
        "A new run requires permission to create both the previous and the new operation",
        arguments: [
            ("admin", "a", "red", 201), ("admin", "a", "blue", 201), ("create-any", "a", "red", 201),
            ("create-red", "a", "red", 201), ("create-red", "a", "blue", 403), ("create-red", "b", "red", 409),
            ("create-red", "b", "blue", 403), ("watch-a", "a", "red", 403), ("nothing", "a", "red", 403),
        ]
    )
    func table(token: String, id: String, team: String, status: Int) async throws {
        let fixture = try Fixture.guarded()
        let body = #"{"id":"\#(id)","labels":{"team":"\#(team)"}}"#
        // While the operation runs, the response tells only that the identifier is in use.
        let running = await fixture.send(as: token, .post, "", body)
        #expect(running.status == (status == 201 ? 409 : status))
        #expect(await fixture.send(as: "admin", .patch, "/\(id)", #"{"status":"succeeded"}"#).status == 200)
        let answer = await fixture.send(as: token, .post, "", body)
        #expect(answer.status == status)
        let isNew = await fixture.send(as: "admin", .get, "/\(id)").json["status"] == "pending"
        #expect(isNew == (status == 201))
        // Invariant 12: a caller without watch permission must not learn that the operation has ended.
        if status == 409 { #expect(answer.text == running.text) }
    }

    @Test("PUT does not start a new run of an ended operation, even for a caller who may not watch it")
    func put() async throws {
        let fixture = try Fixture.guarded()
        _ = await fixture.send(as: "admin", .patch, "/a", #"{"status":"succeeded"}"#)
        #expect(await fixture.send(as: "create-any", .put, "/a", #"{"state":"Late"}"#).status == 409)
        #expect(await fixture.send(as: "admin", .get, "/a").json["status"] == "succeeded")
    }

    @Test("PUT by a caller who may create, but not watch the previous run, does not start a new run")
    func latePutOfStranger() async throws {
        let fixture = try Fixture.guarded()
        let fields: HTTPFields = [.authorization: "Bearer create-red"]
        let body = #"{"labels":{"team":"red"}}"#
        try fixture.service.deleteProgress(ProgressID("a"))
        #expect(await fixture.json(.put, "/a", body, fields).status == 410)
        #expect(throws: ProgressError.self) { try fixture.service.getJournal(ProgressID("a")) }
        var end = ProgressReport()
        end.outcome = .cancelled
        try fixture.service.getJournal(ProgressID("b")).report(end)
        #expect(await fixture.json(.put, "/b", body, fields).status == 409)
        #expect(try fixture.service.getJournal(ProgressID("b")).snapshot().status == .cancelled)
    }
}

extension Fixture {
    /// Returns the status code of a creation by the caller.
    fileprivate func post(_ body: String, from caller: ProgressCaller) async -> Int {
        let request = Self.request(.post, "", [.contentType: "application/json"])
        return await api.respond(to: request, body: Array(body.utf8), from: caller).head.status.code
    }
}
