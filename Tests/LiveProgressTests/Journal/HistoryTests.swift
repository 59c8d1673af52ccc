// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@_spi(Server) import LiveProgress
import LiveProgressTesting
import Testing

@Suite("The limit of stored report bytes")
struct HistoryTests {
    private func make(total: Int = 1 << 20, perOperation: Int = 1 << 20, capacity: Int = 8) -> ProgressService {
        TestService(capacity: capacity) {
            $0.maximumHistoryBytes = total
            $0.maximumHistoryBytesPerOperation = perOperation
        }.service
    }

    private func report(_ text: String, on journal: ProgressJournal, size: Int) throws {
        try journal.report(ProgressReport(state: text), size: size)
    }

    @Test("Invariant 10: an operation past its limit drops its oldest revisions and reports them as skipped")
    func perOperation() throws {
        let service = make(perOperation: 100)
        let journal = try service.createJournal(id: id("op"))
        for step in 1...5 { try report("\(step)", on: journal, size: 40) }
        #expect(service.historyBytes == 80)
        #expect(journal.read(after: 3).events.map(\.snapshot.state) == ["4", "5"])
        let late = journal.read(after: 2)
        #expect(late.events.map(\.snapshot.state) == ["5"])
        #expect(late.events.first?.skipped == 2)
        let resumed = journal.open(at: ProgressCursor(epoch: "e", revision: 1))
        #expect(resumed.events.first?.resumed == false)
    }

    @Test("a stored revision is found by its cursor")
    func byCursor() throws {
        let journal = try make(perOperation: 100).createJournal(id: id("op"))
        for step in 1...5 { try report("\(step)", on: journal, size: 40) }
        let cursors = (0...6).map { ProgressCursor(epoch: journal.epoch, revision: $0) }
        #expect(cursors.map { journal.snapshot(at: $0)?.state } == [nil, nil, nil, nil, "4", "5", nil])
        #expect(journal.snapshot(at: ProgressCursor(epoch: "other", revision: 5)) == nil)
        for step in 6...30 {
            try journal.report(ProgressReport(state: "\(step)"))
            let last = ProgressCursor(epoch: journal.epoch, revision: UInt64(step - 1))
            #expect(journal.snapshot(at: last)?.state == "\(step - 1)")
        }
    }

    @Test("the newest revision is kept, even if it is larger than the limit")
    func newestStays() throws {
        let service = make(perOperation: 10)
        let journal = try service.createJournal(id: id("op"))
        for step in 1...30 {
            try report("\(step)", on: journal, size: 50)
            #expect(journal.snapshot().state == "\(step)")
            #expect(service.historyBytes == 50)
        }
        try journal.report(ProgressReport(state: "small"))
        #expect(journal.read(after: 30).events.map(\.snapshot.state) == ["small"])
    }

    @Test("the bytes of overwritten and deleted revisions are no longer counted")
    func countsDown() throws {
        let service = make(capacity: 3)
        let journal = try service.createJournal(id: id("op"))
        for step in 1...20 { try report("\(step)", on: journal, size: 10) }
        #expect(service.historyBytes == 30)
        let other = try service.createJournal(id: id("other"))
        try report("x", on: other, size: 7)
        #expect(service.historyBytes == 37)
        try service.deleteProgress(journal.id)
        #expect(service.historyBytes == 7)
        #expect(throws: ProgressError.self) { try report("late", on: journal, size: 10) }
        #expect(service.historyBytes == 7)
    }

    @Test("a rejected or empty report uses no bytes")
    func refusedTakesNothing() throws {
        let service = make()
        let journal = try service.createJournal(id: id("op"))
        try report("1", on: journal, size: 10)
        for _ in 0..<5 { try journal.report(ProgressReport(), size: 2) }
        var report = ProgressReport()
        report.advance = -1
        #expect(throws: ProgressError.self) { try journal.report(report, size: 10) }
        #expect(service.historyBytes == 10)
    }

    @Test("Invariant 10: past the total limit, a creation is rejected, and existing operations keep fewer revisions")
    func total() throws {
        let service = make(total: 100)
        let journal = try service.createJournal(id: id("op"))
        for step in 1...4 { try report("\(step)", on: journal, size: 30) }
        let error = #expect(throws: ProgressError.self) { try service.createJournal(id: id("newcomer")) }
        #expect(error?.code == .historyFull)
        try report("6", on: journal, size: 30)
        #expect(journal.snapshot().state == "6")
        #expect(service.historyBytes == 30)
        #expect(throws: Never.self) { try service.createJournal(id: id("newcomer")) }
    }

    @Test("reports of a local worker do not count, and may alternate with reports of a remote worker")
    func ownWorkers() throws {
        let service = make(perOperation: 100, capacity: 4)
        let tracker = try service.createProgress(id: id("op"))
        let journal = try service.getJournal(tracker.id)
        for step in 1...20 {
            tracker.update("own \(step)", details: ["text": "long"])
            try report("remote \(step)", on: journal, size: 30)
        }
        #expect(service.historyBytes == 60)
        #expect(journal.read(after: 36).events.count == 4)
        tracker.succeed()
    }
}
