// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressTesting
@_spi(Server) import LiveProgressWire
import Testing

@testable @_spi(Server) import LiveProgressHTTP

@Suite("Event streams")
struct EventStreamTests {
    private let fixture = Fixture(journalCapacity: 4)
    private let tracker: ProgressTracker
    private let journal: ProgressJournal

    init() throws {
        tracker = try fixture.service.createProgress(id: ProgressID("a"))
        journal = try fixture.service.getJournal(tracker.id)
    }

    private func open(_ fields: HTTPFields = [:], query: String = "") async throws -> ProgressBodyStream.Iterator {
        var fields = fields
        fields[.accept] = "text/event-stream"
        let answer = await fixture.send(.get, "/a" + query, fields)
        #expect(answer.status == 200)
        return try #require(answer.stream).makeAsyncIterator()
    }

    @Test("The response of a stream forbids buffering and storing, and has no Content-Length")
    func head() async {
        let answer = await fixture.send(.get, "/a", [.accept: "text/event-stream"])
        #expect(answer[.contentType] == "text/event-stream")
        #expect(answer[.cacheControl] == "no-store")
        #expect(answer[.accelBuffering] == "no")
        #expect(answer[.contentLength] == nil)
        #expect(answer[.xContentTypeOptions] == "nosniff")
        #expect(journal.watcherCount == 0)
        #expect(!tracker.startSignal.hasFired)
    }

    @Test("Invariant 4: a stream starts immediately with the current snapshot as a server-sent event")
    func first() async throws {
        tracker.update("Copying", details: ["text": "one\ntwo\r\nthree"])
        var stream = try await open()
        let snapshot = journal.snapshot()
        let json = ProgressMessage.encodeFull(ProgressEvent(kind: .snapshot, snapshot: snapshot, resumed: false))
        #expect(
            await stream.text()
                == "retry: 2000\n\nid: e-1\nevent: snapshot\ndata: \(String(decoding: json, as: UTF8.self))\n\n"
        )
        #expect(journal.watcherCount == 1)
        #expect(tracker.startSignal.hasFired)
        #expect(fixture.api.streamCount == 1)
    }

    @Test("Invariant 5: every transition arrives in order, and nothing after the end")
    func transitions() async throws {
        var stream = try await open()
        _ = await stream.next()
        tracker.update("A")
        tracker.update("B")
        let both = Events(await stream.text())
        #expect(both.ids == ["e-1", "e-2"])
        #expect(both.names == ["update", "update"])
        #expect(both.states == ["A", "B"])
        tracker.succeed(result: 7)
        let end = Events(await stream.text())
        #expect(end.names == ["end"])
        #expect(end.data.first?["result"] == 7)
        #expect(await stream.next() == nil)
        #expect(await stream.next() == nil)
        #expect(journal.watcherCount == 0)
        #expect(fixture.api.streamCount == 0)
    }

    @Test("A waiting reader receives an update")
    func waits() async throws {
        let stream = try await open()
        let reader = Task {
            var stream = stream
            _ = await stream.next()
            return await stream.text()
        }
        await fixture.time.sleepers(atLeast: 1)
        tracker.update("A")
        #expect(Events(await reader.value).states == ["A"])
    }

    @Test("The stream of an ended operation starts with the end")
    func late() async throws {
        tracker.fail(ProgressProblem(title: "Broken"))
        var stream = try await open()
        let events = Events(await stream.text())
        #expect(events.names == ["end"])
        #expect(events.data.first?["resumed"] == false)
        #expect(events.data.first?["error"]?["title"] == "Broken")
        #expect(await stream.next() == nil)
    }

    @Test("Invariant 3: a slow reader needs no queue, and receives the number of skipped revisions")
    func slow() async throws {
        var stream = try await open()
        _ = await stream.next()
        for number in 1...20 { tracker.update("\(number)") }
        let events = Events(await stream.text())
        #expect(events.ids == ["e-20"])
        #expect(events.data.first?["skipped"] == 19)
    }

    @Test(
        "A stream resumes after the cursor in Last-Event-ID or in the query",
        arguments: [
            ([.lastEventID: "e-1"], ""), ([:], "?cursor=e-1"), ([.lastEventID: "e-1"], "?cursor=e-0"),
            ([.lastEventID: ""], "?cursor=e-1"),
        ] as [(HTTPFields, String)]
    )
    func resumes(fields: HTTPFields, query: String) async throws {
        for state in ["A", "B", "C"] { tracker.update(state) }
        var stream = try await open(fields, query: query)
        let events = Events(await stream.text())
        #expect(events.ids == ["e-2", "e-3"])
        #expect(events.data.first?["resumed"] == true)
    }

    @Test(
        "A cursor that cannot be resumed gets the newest snapshot, with resumed false",
        arguments: ["f-1", "rubbish", "e-99", "e-1"]
    )
    func restarts(cursor: String) async throws {
        for number in 1...20 { tracker.update("\(number)") }
        var stream = try await open([.lastEventID: cursor])
        let events = Events(await stream.text())
        #expect(events.names == ["snapshot"])
        #expect(events.ids == ["e-20"])
        #expect(events.data.first?["resumed"] == false)
        #expect(events.data.first?["skipped"]?.intValue == (cursor == "e-1" ? 18 : 0))
    }

    @Test("A resumed stream without a new revision opens, and waits for an update")
    func resumesWithoutNews() async throws {
        tracker.update("A")
        var stream = try await open([.lastEventID: "e-1"])
        #expect(await stream.text() == "retry: 2000\n\n")
        tracker.update("B")
        #expect(Events(await stream.text()).ids == ["e-2"])
    }

    @Test("A client whose cursor is at the end gets 204, which stops EventSource")
    func noContent() async throws {
        tracker.update("A")
        tracker.succeed()
        for accept in ["text/event-stream", "application/x-ndjson"] {
            let answer = await fixture.send(.get, "/a", [.accept: accept, .lastEventID: "e-2"])
            #expect(answer.status == 204)
            #expect(answer.isEmpty)
            #expect(await fixture.send(.get, "/a?cursor=e-2", [.accept: accept]).status == 204)
            #expect(await fixture.send(.head, "/a?cursor=e-2", [.accept: accept]).status == 204)
        }
        var stream = try await open([.lastEventID: "e-1"])
        #expect(Events(await stream.text()).names == ["end"])
    }

    @Test("The stream of a deleted operation sends removed and ends")
    func deleted() async throws {
        var stream = try await open()
        _ = await stream.next()
        try fixture.service.deleteProgress(tracker.id)
        #expect(await stream.text() == "event: removed\ndata: {\"type\":\"removed\",\"id\":\"a\"}\n\n")
        #expect(await stream.next() == nil)
    }
}

/// The events in a chunk of an event stream.
struct Events {
    private(set) var ids: [String] = []
    private(set) var names: [String] = []
    private(set) var data: [JSONValue] = []

    init(_ text: String?) {
        for line in (text ?? "").split(separator: "\n") {
            if line.hasPrefix("id: ") { ids.append(String(line.dropFirst(4))) }
            if line.hasPrefix("event: ") { names.append(String(line.dropFirst(7))) }
            if line.hasPrefix("data: ") { data.append((try? JSONValue(parsing: String(line.dropFirst(6)))) ?? .null) }
        }
    }

    var states: [String] { data.compactMap { $0["state"]?.stringValue } }
}
