// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressTesting
@_spi(Server) import LiveProgressWire
import Testing

@testable @_spi(Server) import LiveProgressHTTP

@Suite("The lifetime of a stream")
struct StreamLifeTests {
    private let fixture = Fixture()
    private let tracker: ProgressTracker
    private let journal: ProgressJournal

    init() throws {
        tracker = try fixture.service.createProgress(id: ProgressID("a"))
        journal = try fixture.service.getJournal(tracker.id)
    }

    private func open(_ path: String, _ accept: String) async throws -> ProgressBodyStream {
        try #require(await fixture.send(.get, path, [.accept: accept]).stream)
    }

    @Test(
        "An idle stream sends a heartbeat at each interval, and later the next update",
        arguments: [
            ("/a", "text/event-stream", ": still here\n\n"), ("/a", "application/x-ndjson", "\n"),
            ("", "text/event-stream", ": still here\n\n"), ("", "application/x-ndjson", "\n"),
        ]
    )
    func heartbeat(path: String, accept: String, expected: String) async throws {
        let stream = try await open(path, accept)
        let reader = Task {
            var iterator = stream.makeAsyncIterator()
            _ = await iterator.next()
            return [await iterator.text(), await iterator.text(), await iterator.text()]
        }
        for _ in 0..<2 {
            await fixture.time.sleepers(atLeast: 1)
            fixture.time.advance(by: .seconds(25))
        }
        await fixture.time.sleepers(atLeast: 1)
        tracker.update("A")
        if path.isEmpty {
            // The feed sends changes at the end of its interval.
            await fixture.time.sleepers(atLeast: 2)
            fixture.time.advance(by: .milliseconds(33))
        }
        let chunks = await reader.value
        #expect(chunks[0] == expected)
        #expect(chunks[1] == expected)
        #expect(chunks[2]?.contains(#""state":"A""#) == true)
    }

    @Test("A line of an NDJSON stream is a whole message")
    func lines() async throws {
        var stream = try await open("/a", "application/x-ndjson").makeAsyncIterator()
        var text = await stream.text() ?? ""
        tracker.update("A", details: ["text": "one\ntwo"])
        tracker.update("B")
        tracker.succeed()
        text += await stream.text() ?? ""
        #expect(await stream.next() == nil)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.last?.isEmpty == true)
        let events = try lines.dropLast().map { try ProgressMessage.decodeFull($0.utf8) }
        #expect(events.map(\.kind) == [.snapshot, .update, .update, .end])
        #expect(events.map(\.snapshot.revision) == [0, 1, 2, 3])
        #expect(events[1].snapshot.details["text"] == "one\ntwo")
    }

    @Test("Draining ends each stream, with a last comment in event streams, and rejects new streams")
    func drain() async throws {
        var events = try await open("/a", "text/event-stream").makeAsyncIterator()
        var lines = try await open("/a", "application/x-ndjson").makeAsyncIterator()
        var feed = try await open("", "text/event-stream").makeAsyncIterator()
        let unread = try await open("/a", "text/event-stream")
        _ = (await events.next(), await lines.next(), await feed.next())
        fixture.api.drain()
        #expect(await events.text() == ": going away, come back\n\n")
        #expect(await events.next() == nil)
        #expect(await lines.next() == nil)
        #expect(await feed.text() == ": going away, come back\n\n")
        #expect(await feed.next() == nil)
        var late = unread.makeAsyncIterator()
        #expect(await late.text() == "retry: 2000\n\n: going away, come back\n\n")
        #expect(await late.next() == nil)
        #expect(fixture.api.streamCount == 0)
        #expect(journal.watcherCount == 0)
        for path in ["/a", ""] {
            let answer = await fixture.send(.get, path, [.accept: "text/event-stream"])
            #expect(answer.status == 503)
            #expect(answer.problem == "shutting-down")
            #expect(answer[.retryAfter] == "2")
        }
        #expect(await fixture.send(.get, "/a").status == 200)
        #expect(await fixture.form(.patch, "/a", "state=x").status == 200)
    }

    @Test("Draining wakes a waiting reader")
    func drainWaiting() async throws {
        let stream = try await open("/a", "text/event-stream")
        let reader = Task {
            var iterator = stream.makeAsyncIterator()
            _ = await iterator.next()
            return (await iterator.text(), await iterator.text())
        }
        await fixture.time.sleepers(atLeast: 1)
        fixture.api.drain()
        let (last, none) = await reader.value
        #expect(last == ": going away, come back\n\n")
        #expect(none == nil)
    }

    @Test("A cancelled reader ends and frees its resources", arguments: ["/a", ""])
    func cancelled(path: String) async throws {
        let stream = try await open(path, "text/event-stream")
        let reader = Task {
            var count = 0
            for await _ in stream { count += 1 }
            return count
        }
        await fixture.time.sleepers(atLeast: 1)
        #expect(fixture.api.streamCount == 1)
        reader.cancel()
        #expect(await reader.value == 1)
        #expect(fixture.api.streamCount == 0)
        #expect(journal.watcherCount == 0)
    }

    @Test("A reader that is released early frees its resources", arguments: ["/a", ""])
    func released(path: String) async throws {
        let stream = try await open(path, "text/event-stream")
        do {
            var iterator = stream.makeAsyncIterator()
            _ = await iterator.next()
            #expect(fixture.api.streamCount == 1)
        }
        #expect(fixture.api.streamCount == 0)
        #expect(journal.watcherCount == 0)
        #expect(journal.streams.count + fixture.service.changes.streams.count == 0)
    }

    @Test("Readers of one operation share its wakes, and each reader has its own position")
    func sharing() async throws {
        var first = try await open("/a", "application/x-ndjson").makeAsyncIterator()
        var second = try await open("/a", "application/x-ndjson").makeAsyncIterator()
        _ = (await first.next(), await second.next())
        #expect(journal.streams.count == 2)
        #expect(journal.watcherCount == 2)
        tracker.update("A")
        #expect(await first.text()?.contains(#""state":"A""#) == true)
        tracker.update("B")
        let text = await second.text() ?? ""
        #expect(text.contains(#""state":"A""#) && text.contains(#""state":"B""#))
    }

    @Test("Invariant 10: a chunk stays near its size limit, and the other events follow in order")
    func chunks() async throws {
        let fixture = Fixture { $0.streamChunkSize = 1000 }
        let tracker = try fixture.service.createProgress(id: ProgressID("b"))
        let answer = await fixture.send(.get, "/b?cursor=e-0", [.accept: "text/event-stream"])
        var stream = try #require(answer.stream).makeAsyncIterator()
        _ = await stream.next()
        let big = String(repeating: "x", count: 600)
        for number in 1...10 { tracker.update("\(number) \(big)") }
        tracker.succeed()
        var ids: [String] = []
        while let text = await stream.text() {
            #expect(text.utf8.count < 3000)
            ids += Events(text).ids
        }
        #expect(ids == (1...11).map { "e-\($0)" })
    }

    @Test("A stream loses no update between a chunk and the next wait")
    func stress() async throws {
        let fixture = Fixture(journalCapacity: 10_000)
        let tracker = try fixture.service.createProgress(id: ProgressID("s"))
        let streams = try await (0..<8).asyncMap { _ in
            try #require(await fixture.send(.get, "/s", [.accept: "application/x-ndjson"]).stream)
        }
        let counts = await withTaskGroup(of: Int.self) { group in
            for stream in streams {
                group.addTask {
                    var lines = 0
                    for await chunk in stream { lines += chunk.count { $0 == UInt8(ascii: "\n") } }
                    return lines
                }
            }
            try? await tracker.startSignal.wait()
            await fixture.time.sleepers(atLeast: 8)
            for number in 0..<500 {
                tracker.update("\(number)")
                if number % 7 == 0 { await Task.yield() }
            }
            tracker.succeed()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(counts == Array(repeating: 502, count: 8))
    }
}

extension Sequence {
    fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
