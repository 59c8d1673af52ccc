// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressNIO
import LiveProgressTesting
import LiveProgressWebSocket
@_spi(Server) import LiveProgressWire
import NIOCore
import Testing

/// Random interleavings of updates, ticks, the end, disconnects and journal sizes, over real connections.
@Suite("Resuming over sockets")
struct ResumePropertyTests {
    @Test(
        "Invariants 2 to 6: a resumed watcher receives exactly the missed revisions, or their number",
        arguments: 0..<48
    )
    func resumes(seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let capacity = [1, 2, 3, 5, 8, 64][Int.random(in: 0..<6, using: &random)]
        try await SocketServer.with(journalCapacity: capacity, writePath: seed % 2 == 0 ? .direct : .channel) {
            server in
            let tracker = try server.service.createProgress()
            let worker = Task { [random] in try await Self.work(tracker, in: server.service, random) }
            let clients = try await withThrowingTaskGroup(of: [Visit].self) { group in
                for number in 0..<3 {
                    group.addTask {
                        try await Self.follow(tracker.id, server, SeededGenerator(seed: UInt64(seed * 10 + number)))
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let transitions = try await worker.value
            var contents: [UInt64: ProgressSnapshot] = [:]
            for visits in clients { Self.check(visits, transitions, &contents) }
        }
    }

    /// One connection: its cursor, and the events that it received.
    private struct Visit {
        let cursor: ProgressCursor?
        var events: [ProgressEvent] = []
    }

    /// Performs random actions and the end; returns the state of each transition by its revision.
    private static func work(
        _ tracker: ProgressTracker,
        in service: ProgressService,
        _ random: SeededGenerator
    ) async throws -> [UInt64: String] {
        var random = random
        let journal = try service.getJournal(tracker.id)
        var transitions: [UInt64: String] = [:]
        tracker.setCounts(total: 1000)
        for step in 0..<Int.random(in: 20...120, using: &random) {
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                let snapshot = try journal.report(ProgressReport(state: "Step \(step)"))
                transitions[snapshot.revision] = snapshot.state
            case 2: for _ in 0..<Int.random(in: 1...5, using: &random) { tracker.advance() }
            default: for _ in 0..<Int.random(in: 1...40, using: &random) { await Task.yield() }
            }
        }
        var end = ProgressReport(state: "Done")
        end.outcome = .succeeded(result: 7)
        let last = try journal.report(end)
        transitions[last.revision] = last.state
        return transitions
    }

    /// Watches and disconnects repeatedly, with or without the cursor, until the end.
    private static func follow(_ id: ProgressID, _ server: SocketServer, _ random: SeededGenerator) async throws
        -> [Visit]
    {
        var random = random
        var visits: [Visit] = []
        var cursor: ProgressCursor?
        while true {
            if Int.random(in: 0..<5, using: &random) == 0 { cursor = nil }
            var visit = Visit(cursor: cursor)
            let watcher = try await server.watch(id, cursor: cursor)
            let patience = Int.random(in: 1...6, using: &random)
            for await message in watcher.connection.messages {
                let event = try ProgressMessage.decodeFull(message.payload.readableBytesView)
                visit.events.append(event)
                cursor = event.snapshot.cursor
                if visit.events.count >= patience, event.kind != .end { break }
            }
            visits.append(visit)
            if visit.events.last?.kind == .end {
                #expect(await watcher.connection.closeReason.code == 1000)
                return visits
            }
            watcher.vanish()
        }
    }

    private static func check(
        _ visits: [Visit],
        _ transitions: [UInt64: String],
        _ contents: inout [UInt64: ProgressSnapshot]
    ) {
        for visit in visits {
            checkBeginning(of: visit)
            for (before, after) in zip(visit.events, visit.events.dropFirst()) {
                #expect(before.kind != .end, "no event may follow the end")
                #expect(after.kind != .snapshot, "only the first message is a snapshot")
                #expect(after.snapshot.revision == before.snapshot.revision + 1 + after.skipped)
            }
            for event in visit.events {
                let snapshot = event.snapshot
                if let state = transitions[snapshot.revision] { #expect(snapshot.state == state) }
                let known = contents.updateValue(snapshot, forKey: snapshot.revision)
                #expect(known == nil || known?.counts?.completedCount == snapshot.counts?.completedCount)
                #expect(known == nil || known?.state == snapshot.state, "a revision must not change after it was read")
                #expect((event.kind == .end) == (snapshot.outcome != nil))
            }
        }
        #expect(visits.last?.events.last?.snapshot.revision == transitions.keys.max())
    }

    private static func checkBeginning(of visit: Visit) {
        guard let first = visit.events.first else { return }
        guard let cursor = visit.cursor else {
            #expect(first.kind != .update, "without a cursor, the first event is the current state")
            return
        }
        switch first.resumed {
        case nil:
            // The cursor was at the newest revision at first, so the first message is the next revision.
            #expect(first.snapshot.revision == cursor.revision + 1 + first.skipped)
        case true?:
            #expect(first.snapshot.revision == cursor.revision + 1)
            #expect(first.skipped == 0)
        case false?:
            #expect(first.kind != .update)
            #expect(first.snapshot.revision > cursor.revision)
        }
    }
}
