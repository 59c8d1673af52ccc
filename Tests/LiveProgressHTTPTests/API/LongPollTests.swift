// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressTesting
import Testing

@testable @_spi(Server) import LiveProgressHTTP

@Suite("Long polls")
struct LongPollTests {
    private let fixture = Fixture()
    private let tracker: ProgressTracker

    init() throws {
        tracker = try fixture.service.createProgress(id: ProgressID("a"))
    }

    private func poll(_ tag: String = "\"e-0\"", wait: String = "wait=30") async -> Answer {
        await fixture.send(.get, "/a", [.ifNoneMatch: tag, .prefer: wait])
    }

    @Test("The response waits for the first revision after the client's revision")
    func news() async {
        async let answer = poll()
        await fixture.time.sleepers(atLeast: 1)
        #expect(fixture.api.streamCount == 1)
        tracker.update("Copying")
        let result = await answer
        #expect(result.status == 200)
        #expect(result.json["state"] == "Copying")
        #expect(result[.eTag] == "\"e-1\"")
        #expect(result[.preferenceApplied] == "wait=30")
        #expect(fixture.api.streamCount == 0)
    }

    @Test("After the wait time, the response is 304")
    func timeout() async {
        async let answer = poll(wait: "wait=20")
        await fixture.time.sleepers(atLeast: 1)
        fixture.time.advance(by: .seconds(20))
        let result = await answer
        #expect(result.status == 304)
        #expect(result[.eTag] == "\"e-0\"")
        #expect(result[.preferenceApplied] == "wait=20")
    }

    @Test("A wait is never longer than the limit", arguments: ["61", "99999999999999999999"])
    func limit(wish: String) async {
        async let answer = poll(wait: "wait=\(wish)")
        await fixture.time.sleepers(atLeast: 1)
        fixture.time.advance(by: .seconds(60))
        let result = await answer
        #expect(result.status == 304)
        #expect(result[.preferenceApplied] == "wait=60")
    }

    @Test("A client with an older revision gets the response immediately")
    func behind() async {
        tracker.update("Copying")
        let answer = await poll()
        #expect(answer.status == 200)
        #expect(answer[.eTag] == "\"e-1\"")
        #expect(answer[.preferenceApplied] == "wait=30")
    }

    @Test("A request without an entity tag does not wait")
    func untagged() async {
        let answer = await fixture.send(.get, "/a", [.prefer: "wait=30"])
        #expect(answer.status == 200)
        #expect(answer[.preferenceApplied] == nil)
    }

    @Test("Invariant 5: after the end, a poll does not wait")
    func ended() async {
        tracker.succeed()
        #expect(await poll("\"e-1\"").status == 304)
        #expect(await poll("\"e-0\"").json["status"] == "succeeded")
    }

    @Test("A poll counts as a watcher: it fires the start signal, and ends with the response")
    func watcher() async throws {
        let journal = try fixture.service.getJournal(ProgressID("a"))
        async let answer = poll()
        await fixture.time.sleepers(atLeast: 1)
        #expect(tracker.startSignal.hasFired)
        #expect(journal.watcherCount == 1)
        tracker.succeed()
        #expect(await answer.json["status"] == "succeeded")
        #expect(journal.watcherCount == 0)
    }

    @Test("A waiting poll gets 410 if the operation is deleted")
    func deleted() async {
        async let answer = poll()
        await fixture.time.sleepers(atLeast: 1)
        #expect(await fixture.send(.delete, "/a").status == 204)
        #expect(await answer.status == 410)
    }

    @Test("Draining answers waiting and later polls immediately with the current state")
    func drain() async {
        async let answer = poll()
        await fixture.time.sleepers(atLeast: 1)
        fixture.api.drain()
        #expect(await answer.status == 304)
        #expect(await poll().status == 304)
        #expect(await poll("\"x\"").status == 200)
    }

    @Test("A cancelled poll frees its watcher and its stream")
    func cancelled() async {
        let task = Task { await poll() }
        await fixture.time.sleepers(atLeast: 1)
        task.cancel()
        #expect(await task.value.status == 304)
        #expect(fixture.api.streamCount == 0)
    }

    @Test("Invariant 8: a poll also returns after a change of counts")
    func counts() async {
        async let answer = poll()
        await fixture.time.sleepers(atLeast: 1)
        tracker.setCounts(completed: 1, total: 2)
        #expect(await answer.json["progress"]?["fractionCompleted"]?.doubleValue == 0.5)
    }
}
