// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWebSocket
import LiveProgressWire
import Testing

@testable import LiveProgressNIO

@Suite("Plain watchers get a message for each change of state or details, and no other")
struct PlainMessagesTests {
    /// An operation, and a watcher that reads when the test calls it.
    private struct Reader {
        let tracker: ProgressTracker
        let journal: ProgressJournal
        let source: JournalFanoutSource
        var position = FanoutPosition(0)
        var close: WebSocketCloseReason?

        init(format: ProgressFormat = .plain, journalCapacity: Int = 64) throws {
            var configuration = ProgressService.Configuration()
            configuration.journalCapacity = journalCapacity
            let service = ProgressService(configuration: configuration)
            tracker = try service.createProgress()
            journal = try service.getJournal(tracker.id)
            source = JournalFanoutSource(journal: journal, format: format) { withExtendedLifetime(service) {} }
        }

        mutating func open(cursor: String? = nil) -> [String] { take(source.open(cursor: cursor)) }

        mutating func read() -> [String] { take(source.read(after: position)) }

        private mutating func take(_ frames: FanoutFrames) -> [String] {
            (position, close) = (frames.position, frames.close)
            return frames.texts
        }
    }

    private func text(_ state: String, _ details: String = "null") -> String {
        #"{"state":"\#(state)","details":\#(details)}"#
    }

    @Test("Counts send no plain message, but the position of the watcher advances")
    func ticks() throws {
        var reader = try Reader()
        reader.tracker.update("Copying", details: ["file": "a.csv"])
        #expect(reader.open() == [text("Copying", #"{"file":"a.csv"}"#)])
        for _ in 0..<50 {
            let before = reader.position.place
            reader.tracker.advance()
            #expect(reader.read() == [])
            #expect(reader.position.place == before + 1)
        }
        reader.tracker.update("Checking")
        #expect(reader.read() == [text("Checking")])
    }

    @Test("Changes of title, labels, counts or attempt, and requests to cancel, send no plain message")
    func otherMembers() throws {
        var reader = try Reader()
        reader.tracker.update("Copying")
        #expect(reader.open() == [text("Copying")])
        var report = ProgressReport()
        (report.title, report.labels, report.isCancellable) = ("Import", ["team": "data"], true)
        (report.completedCount, report.attempt) = (3, 2)
        #expect(reader.tracker.report(report))
        try reader.journal.requestCancel()
        #expect(reader.read() == [])
    }

    @Test("A repeated state with equal details is sent once")
    func repeats() throws {
        var reader = try Reader()
        #expect(reader.open() == [text("Pending")])
        for _ in 0..<3 {
            reader.tracker.update("Copying", details: ["file": .string("a" + ".csv")])
            reader.tracker.update("Copying", details: ["file": .string("a." + "csv")])
        }
        #expect(reader.read() == [text("Copying", #"{"file":"a.csv"}"#)])
        reader.tracker.update("Copying", details: ["file": "a.csv"])
        #expect(reader.read() == [])
        reader.tracker.update("Copying")
        #expect(reader.read() == [text("Copying")])
        reader.tracker.update("Copying", details: ["file": "a.csv"])
        #expect(reader.read() == [text("Copying", #"{"file":"a.csv"}"#)])
    }

    @Test("Every change is sent in order, even a return to an earlier state, with counts in between")
    func everyChange() throws {
        var reader = try Reader()
        #expect(reader.open() == [text("Pending")])
        for state in ["A", "A", "B", "A"] {
            reader.tracker.update(state)
            reader.tracker.advance()
        }
        #expect(reader.read() == [text("A"), text("B"), text("A")])
    }

    @Test("After skipped revisions, the newest state is sent only if it differs from the last sent", arguments: 1...3)
    func skipped(rounds: Int) throws {
        var reader = try Reader(journalCapacity: 4)
        reader.tracker.update("A")
        #expect(reader.open() == [text("A")])
        for round in 1...rounds {
            for step in 1...10 { reader.tracker.update("\(round), \(step)") }
            reader.tracker.update("A")
            #expect(reader.read() == [])
        }
        for step in 1...10 { reader.tracker.update("Step \(step)") }
        #expect(reader.read() == [text("Step 10")])
        for _ in 1...100 {
            reader.tracker.advance()
            _ = reader.tracker.snapshot()
        }
        #expect(reader.read() == [])
    }

    @Test("An end that changes the state is sent, and closes with 1000")
    func end() throws {
        var reader = try Reader()
        reader.tracker.update("Copying")
        #expect(reader.open() == [text("Copying")])
        reader.tracker.succeed(result: 7)
        #expect(reader.read() == [text("Succeeded")])
        #expect(reader.close?.code == 1000)
    }

    @Test("An end that changes neither state nor details only closes with 1000")
    func silentEnd() throws {
        var reader = try Reader()
        reader.tracker.update("Done")
        #expect(reader.open() == [text("Done")])
        reader.tracker.advance()
        reader.tracker.end(.succeeded(), state: "Done")
        #expect(reader.read() == [])
        #expect(reader.close?.code == 1000)
        // A late watcher still receives the first message.
        #expect(reader.open() == [text("Done")])
        #expect(reader.close?.code == 1000)
    }

    @Test("A resumed watcher receives the next revision as its first message, even without a change")
    func resumed() throws {
        var reader = try Reader()
        reader.tracker.update("Copying")
        let cursor = try #require(reader.tracker.snapshot()).cursor
        #expect(reader.open(cursor: "\(cursor)") == [])
        reader.tracker.advance()
        #expect(reader.read() == [text("Copying")])
        reader.tracker.advance()
        #expect(reader.read() == [])
    }

    @Test("Full watchers receive every revision")
    func full() throws {
        var reader = try Reader(format: .full)
        #expect(reader.open().count == 1)
        for _ in 0..<3 {
            reader.tracker.advance()
            #expect(reader.read().count == 1)
            reader.tracker.update("Copying")
            #expect(reader.read().count == 1)
        }
    }

    @Test("Over sockets, counts between two states send no message", arguments: WritePath.allCases)
    func sockets(path: WritePath) async throws {
        try await SocketServer.with(writePath: path) { server in
            let tracker = try server.service.createProgress()
            tracker.update("Copying")
            let plain = try await server.watch(tracker.id, isFull: false)
            let following = await plain.follow()
            let full = try await server.watch(tracker.id)
            var counts = full.connection.messages.makeAsyncIterator()
            _ = await counts.next()
            // Wait for the delivery of each count before the next count.
            for _ in 0..<20 {
                tracker.advance()
                _ = await counts.next()
            }
            tracker.update("Checking")
            tracker.succeed()
            #expect(await following.value == [text("Copying"), text("Checking"), text("Succeeded")])
            #expect(await plain.connection.closeReason.code == 1000)
        }
    }
}
