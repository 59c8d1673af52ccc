// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressTesting
import Testing

@testable import LiveProgressHTTP

@Suite("POST starts anew what is over; PUT and PATCH raise nothing from the dead")
struct StartingAnewTests {
    private let fixture = Fixture(countsEpochs: true)
    private let start = #"{"id":"nightly","title":"Nightly"}"#

    /// How an operation comes to be over.
    enum Over: String, CaseIterable {
        case succeeded, failed, cancelled, deleted, expired
    }

    private func bringOver(_ over: Over) async {
        switch over {
        case .succeeded, .failed, .cancelled:
            let answer = await fixture.json(.patch, "/nightly", #"{"status":"\#(over.rawValue)"}"#)
            #expect(answer.status == 200)
        case .deleted:
            #expect(await fixture.send(.delete, "/nightly").status == 204)
        case .expired:
            #expect(await fixture.json(.patch, "/nightly", #"{"status":"succeeded"}"#).status == 200)
            fixture.time.advance(by: .seconds(25 * 60 * 60))
        }
    }

    @Test("Three nights of a job of a fixed name, however each ends", arguments: Over.allCases)
    func nights(_ over: Over) async {
        var epochs: Set<String> = []
        for _ in 1...3 {
            let started = await fixture.json(.post, "", start)
            #expect(started.status == 201)
            #expect(started.json["status"] == "pending")
            let epoch = started.json["cursor"]?.stringValue?.split(separator: "-").first.map(String.init)
            #expect(epochs.insert(epoch ?? "").inserted)
            let again = await fixture.json(.post, "", start)
            #expect(again.status == 409)
            #expect(again.problem == "already-exists")
            await bringOver(over)
            let isGone = over == .deleted || over == .expired
            for method in [HTTPRequest.Method.put, .patch] {
                let late = await fixture.json(method, "/nightly", #"{"state":"late"}"#)
                #expect(late.status == (isGone ? 410 : 409), "\(method)")
                #expect(late.problem == (isGone ? "gone" : "ended"), "\(method)")
                #expect(late.json["detail"]?.stringValue?.contains("POST") == true, "\(method)")
            }
        }
    }

    @Test("An old cursor gets the new operation's snapshot, which is no replay", arguments: [false, true])
    func oldCursor(asEventID: Bool) async {
        _ = await fixture.json(.post, "", start)
        _ = await fixture.json(.patch, "/nightly", #"{"state":"Working"}"#)
        let old = await fixture.json(.patch, "/nightly", #"{"status":"failed"}"#).json["cursor"]?.stringValue ?? ""
        _ = await fixture.json(.post, "", start)
        let ended = await fixture.json(.patch, "/nightly", #"{"status":"succeeded"}"#)
        var fields: HTTPFields = [.accept: "application/x-ndjson"]
        if asEventID { fields[HTTPField.Name("Last-Event-ID")!] = old }
        let answer = await fixture.send(.get, "/nightly" + (asEventID ? "" : "?cursor=\(old)"), fields)
        var chunks = answer.stream?.makeAsyncIterator()
        var text = ""
        while let chunk = await chunks?.text() { text += chunk }
        let message = (try? JSONValue(parsing: text)) ?? .null
        #expect(message["resumed"] == false)
        #expect(message["type"] == "end")
        #expect(message["cursor"] == ended.json["cursor"])
        let read = await fixture.send(.get, "/nightly", [.accept: "application/json", .ifNoneMatch: "\"\(old)\""])
        #expect(read.status == 200)
    }

    @Test("Repeating the POST that started it, with its Idempotency-Key, starts nothing")
    func repeated() async {
        let key: HTTPFields = [HTTPField.Name("Idempotency-Key")!: "k1"]
        _ = await fixture.json(.post, "", start)
        await bringOver(.failed)
        let started = await fixture.json(.post, "", start, key)
        #expect(started.status == 201)
        let repeated = await fixture.json(.post, "", start, key)
        #expect(repeated.status == 200)
        #expect(repeated.json["cursor"] == started.json["cursor"])
        await bringOver(.succeeded)
        let afterTheEnd = await fixture.json(.post, "", start, key)
        #expect(afterTheEnd.status == 200)
        #expect(afterTheEnd.json["status"] == "succeeded")
    }

    @Test("An end is not taken away by those who could not have created the operation")
    func authorization() async throws {
        let fixture = try Fixture.guarded()
        func post(_ token: String, _ body: String) async -> Answer {
            await fixture.json(.post, "", body, [.authorization: "Bearer \(token)"])
        }
        // `b` bears team=blue.
        let ended = try fixture.service.getJournal(ProgressID("b")!)
        var end = ProgressReport()
        end.outcome = .succeeded(result: 1)
        try ended.report(end)
        let refused = await post("create-red", #"{"id":"b","labels":{"team":"red"}}"#)
        #expect(refused.status == 409)
        #expect(refused.problem == "already-exists")
        #expect(try fixture.service.getJournal(ProgressID("b")!) === ended)
        #expect(await post("create-any", #"{"id":"b","labels":{"team":"red"}}"#).status == 201)
        #expect(await post("create-red", #"{"id":"b","labels":{"team":"red"}}"#).status == 409)
    }

    @Test("A late PUT by one who may create, but may not see what is over, starts nothing either")
    func latePutOfStranger() async throws {
        let fixture = try Fixture.guarded()
        let fields: HTTPFields = [.authorization: "Bearer create-red"]
        let body = #"{"labels":{"team":"red"}}"#
        try fixture.service.deleteProgress(ProgressID("a")!)
        #expect(await fixture.json(.put, "/a", body, fields).status == 410)
        #expect(throws: ProgressError.self) { try fixture.service.getJournal(ProgressID("a")!) }
        var end = ProgressReport()
        end.outcome = .cancelled
        try fixture.service.getJournal(ProgressID("b")!).report(end)
        #expect(await fixture.json(.put, "/b", body, fields).status == 409)
        #expect(try fixture.service.getJournal(ProgressID("b")!).snapshot().status == .cancelled)
    }
}
