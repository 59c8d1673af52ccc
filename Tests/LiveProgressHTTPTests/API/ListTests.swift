// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressTesting
@_spi(Server) import LiveProgressWire
import Testing

@testable import LiveProgressHTTP

@Suite("The list")
struct ListTests {
    private let fixture = Fixture { $0.maximumPageSize = 50 }

    private func ids(_ query: String) async throws -> [String] {
        let answer = await fixture.send(.get, query)
        #expect(answer.status == 200)
        return try ProgressMessage.decodePage(answer.bytes).snapshots.map(\.id.rawValue)
    }

    @Test("The list begins with the newest operation, and filters narrow the list")
    func filters() async throws {
        _ = await fixture.form(.put, "/a", "state=x&labels.team=data")
        _ = await fixture.form(.put, "/b", "status=failed&labels.team=data&labels.site=1&parent=a")
        _ = await fixture.form(.put, "/c", "labels.team=web")
        #expect(try await ids("") == ["c", "b", "a"])
        #expect(try await ids("?status=failed") == ["b"])
        #expect(try await ids("?status=failed,running") == ["b", "a"])
        #expect(try await ids("?label=team=data") == ["b", "a"])
        #expect(try await ids("?label=team=data&label=site=1") == ["b"])
        #expect(try await ids("?parent=a") == ["b"])
        #expect(try await ids("?parent=zzz") == [])
        #expect(try await ids("?status=stalled") == [])
    }

    @Test("Page tokens cover the list without gaps or repeats")
    func pages() async throws {
        for number in 1...25 { _ = await fixture.form(.put, "/n\(number)", "") }
        var found: [String] = []
        var query = "?limit=10"
        var pages = 0
        while true {
            let page = try ProgressMessage.decodePage(await fixture.send(.get, query).bytes)
            found += page.snapshots.map(\.id.rawValue)
            pages += 1
            guard let token = page.nextPageToken else { break }
            query = "?limit=10&pageToken=\(token)"
        }
        #expect(pages == 3)
        #expect(found == (1...25).reversed().map { "n\($0)" })
    }

    @Test(
        "An invalid filter is rejected for every format of the list",
        arguments: [
            "status=done", "limit=0", "limit=51", "label=x", "label=team:data", "label.team=data", "pageToken=x",
            "parent=%20", "x=%ff",
        ]
    )
    func refused(query: String) async {
        for accept in ["application/json", "text/event-stream", "application/x-ndjson"] {
            let answer = await fixture.send(.get, "?" + query, [.accept: accept])
            #expect(answer.status == 400)
            #expect(answer.problem == "invalid-query")
        }
    }

    @Test("The feed sends all current operations, then each change, end and removal")
    func feed() async throws {
        let first = try fixture.service.createProgress(id: ProgressID("a"), options: .init(labels: ["team": "data"]))
        let other = try fixture.service.createProgress(id: ProgressID("b"), options: .init(labels: ["team": "web"]))
        let answer = await fixture.send(.get, "?label=team=data", [.accept: "text/event-stream"])
        var stream = try #require(answer.stream).makeAsyncIterator()
        let start = Events(await stream.text())
        #expect(start.data.map { $0["id"] } == ["a"])
        #expect(start.ids.isEmpty)

        other.update("B")
        first.update("A")
        let update = Events(await next(&stream, sleepers: 1))
        #expect(update.names == ["update"])
        #expect(update.states == ["A"])
        first.succeed()
        // The retention timer of the ended operation is the second sleeper.
        #expect(Events(await next(&stream, sleepers: 2)).names == ["end"])
        try fixture.service.deleteProgress(other.id)
        try fixture.service.deleteProgress(first.id)
        let removal = Events(await stream.text())
        #expect(removal.names == ["removed"])
        #expect(removal.data == [["type": "removed", "id": "a"]])
    }

    @Test("A long list is sent in several chunks, with each operation once")
    func longFeed() async throws {
        let fixture = Fixture { $0.streamChunkSize = 2000 }
        for number in 1...200 { _ = try fixture.service.createJournal(id: ProgressID("n\(number)")) }
        let answer = await fixture.send(.get, "", [.accept: "application/x-ndjson"])
        var stream = try #require(answer.stream).makeAsyncIterator()
        var found: Set<String> = []
        var (lines, chunks) = (0, 0)
        while lines < 200, let text = await stream.text() {
            chunks += 1
            for line in text.split(separator: "\n") {
                lines += 1
                if let id = try JSONValue(parsing: String(line))["id"]?.stringValue { found.insert(id) }
            }
        }
        #expect(found.count == 200)
        #expect(lines == 200)
        #expect(chunks > 3)
    }

    /// Advances the clock past the interval that combines changes, and returns the next chunk.
    private func next(_ stream: inout ProgressBodyStream.Iterator, sleepers: Int) async -> String? {
        await fixture.time.sleepers(atLeast: sleepers)
        fixture.time.advance(by: .milliseconds(33))
        return await stream.text()
    }
}
