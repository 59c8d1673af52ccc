// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressTesting
import Testing

@Suite("A restart restores every operation")
struct RestartTests {
    @Test("Invariant 9: what was committed survives a crash, in every round")
    func rounds() async throws {
        var current = try await StoredService()
        _ = try current.service.createJournal(id: "job", options: ProgressOptions(title: "Job", labels: ["a": "b"]))
        for round in 1...4 {
            let journal = try current.service.getJournal("job")
            let report = ProgressReport(state: "Step \(round)", details: ["round": .integer(Int64(round))], advance: 2)
            let reported = try journal.report(report)
            try await journal.committed()
            current = try await current.crashed()
            let restored = try current.snapshot("job")
            #expect(restored.state == reported.state && restored.details == reported.details)
            #expect(restored.counts?.completedCount == Int64(2 * round))
            #expect(restored.title == "Job" && restored.labels == ["a": "b"])
            #expect(restored.status == .stalled)
            #expect(restored.revision == reported.revision + 1)
        }
    }

    @Test("A watcher resumes with its cursor, with no revision lost or repeated")
    func resume() async throws {
        let first = try await StoredService()
        let journal = try first.service.createJournal(id: "job")
        for step in 1...3 { try journal.report(ProgressReport(state: "\(step)")) }
        let second = try await first.crashed()
        let reading = try second.reading("job", from: "e-1")
        #expect(reading.events.map(\.snapshot.cursor.description) == ["e-2", "e-3", "e.1-4"])
        #expect(reading.events.first?.resumed == true)
        try second.service.getJournal("job").report(ProgressReport(state: "4"))
        let third = try await second.restarted()
        let cursors = try third.reading("job", from: "e-3").events.map(\.snapshot.cursor.description)
        #expect(cursors == ["e.1-4", "e.1-5", "e.1-6"])
        let fourth = try await third.crashed()
        #expect(try fourth.reading("job", from: "e.1-6").events.map(\.snapshot.cursor.description) == ["e.2-7"])
        #expect(try fourth.reading("job", from: "e.2-7").events.isEmpty)
    }

    @Test("A cursor of a revision that a crash has lost is not resumed", arguments: ["e-2", "e-9", "e.2-1", "x-1"])
    func lost(cursor: String) async throws {
        let first = try await StoredService()
        let journal = try first.service.createJournal(id: "job")
        try journal.report(ProgressReport(state: "1"))
        try await journal.committed()
        first.store.crash()
        // The watcher sees this revision, but the store does not get it: another service has loaded the store.
        let second = try await StoredService(first.store)
        try journal.report(ProgressReport(state: "lost"))
        for state in ["a", "b", "c"] { try second.service.getJournal("job").report(ProgressReport(state: state)) }
        let reading = try second.reading("job", from: cursor)
        #expect(reading.events.map(\.snapshot.state) == ["c"])
        #expect(reading.events.first?.resumed == false)
        #expect(try second.reading("job", from: "e-1").events.first?.resumed == true)
    }

    @Test("A revision of a tick that was open at the crash is not resumed: watchers may have read other counts")
    func openTick() async throws {
        let first = try await StoredService()
        let tracker = try first.service.createProgress(id: "job")
        tracker.setCounts(total: 10)
        tracker.update("Counting")
        tracker.advance(by: 3)
        let second = try await first.crashed()
        let snapshot = try second.snapshot("job")
        #expect(snapshot.counts?.completedCount == 3 && snapshot.counts?.totalCount == 10)
        #expect(try second.reading("job", from: "e-3").events.first?.resumed == false)
        #expect(try second.reading("job", from: "e-2").events.map(\.snapshot.cursor.description) == ["e.1-3", "e.1-4"])
        withExtendedLifetime(tracker) {}
    }

    @Test("The end, its result and its history stay; nothing is reported after it")
    func ended() async throws {
        let first = try await StoredService()
        let tracker = try first.service.createProgress(id: "job")
        tracker.update("Working")
        tracker.succeed(result: ["rows": 7])
        try await tracker.committed()
        var current = try await first.crashed()
        for _ in 1...3 {
            let snapshot = try current.snapshot("job")
            #expect(snapshot.result == ["rows": 7] && snapshot.cursor.description == "e-2")
            #expect(try current.reading("job", from: "e-0").events.map(\.snapshot.revision) == [1, 2])
            #expect(throws: ProgressError.self) { try current.service.getJournal("job").report(ProgressReport()) }
            current = try await current.crashed()
        }
    }

    @Test("Counts, attempt and the fraction of running parts go on")
    func counts() async throws {
        let first = try await StoredService()
        let tracker = try first.service.createProgress(id: "job")
        tracker.beginAttempt()
        tracker.setCounts(completed: 2, total: 10, unit: "rows", baseline: 1)
        let part = tracker.share(assigning: 4).start(totalCount: 2)
        part.advance()
        let second = try await first.crashed()
        let restored = try second.snapshot("job")
        #expect(restored.attempt == 2 && restored.counts?.unit == "rows")
        #expect(restored.fractionCompleted == 0.4)
        let journal = try second.service.getJournal("job")
        try journal.report(ProgressReport(advance: 1))
        #expect(journal.snapshot().counts?.completedCount == 3)
        #expect(throws: ProgressError.self) { try journal.report(ProgressReport(attempt: 1)) }
        withExtendedLifetime((tracker, part)) {}
    }

    @Test("A worker that was replaced is kept out after a restart too")
    func fencing() async throws {
        let first = try await StoredService()
        let journal = try first.service.createJournal(id: "job")
        try journal.report(ProgressReport(attempt: 2))
        try await journal.committed()
        try journal.report(ProgressReport(worker: "two", lease: .seconds(7)))
        var current = try await first.crashed()
        for _ in 1...3 {
            let restored = try current.service.getJournal("job")
            #expect(throws: ProgressError.self) { try restored.report(ProgressReport(state: "late", worker: "one")) }
            try restored.report(ProgressReport(worker: "two"))
            #expect(restored.lease == .seconds(7))
            current = try await current.crashed()
        }
    }

    @Test("A deleted operation stays deleted, and a new run replaces the former one")
    func removal() async throws {
        let first = try await StoredService()
        for name in ["a", "b", "c"] as [ProgressID] { _ = try first.service.createJournal(id: name) }
        try first.service.deleteProgress("a")
        try first.service.getJournal("b").report(ProgressReport(outcome: .cancelled))
        _ = try first.service.createJournal(id: "b", options: ProgressOptions(title: "again"))
        var current = try await first.crashed()
        for _ in 1...3 {
            #expect(current.service.list().snapshots.map(\.id) == ["b", "c"])
            #expect(try current.snapshot("b").title == "again")
            let error = #expect(throws: ProgressError.self) { try current.service.getProgress("a") }
            #expect(error?.code == .gone)
            current = try await current.restarted()
        }
    }
}
