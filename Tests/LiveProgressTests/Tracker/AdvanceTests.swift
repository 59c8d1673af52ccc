// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressTesting
import Synchronization
import Testing

@Suite("Lock-free counting")
struct AdvanceTests {
    private let environment = TestService(capacity: 4)

    private func make() throws -> (ProgressTracker, ProgressJournal) {
        let tracker = try environment.service.createProgress(id: id("op"))
        return (tracker, try environment.service.getJournal(tracker.id))
    }

    /// A watcher that reads on each wake, on the thread of the worker.
    private final class Reader: ProgressWaker {
        private let journal: ProgressJournal
        init(_ journal: ProgressJournal) { self.journal = journal }
        func wake() { _ = journal.snapshot() }
    }

    /// A sum that several tasks increase.
    private final class Sum: Sendable {
        private let sum = Atomic<Int64>(0)
        var value: Int64 { sum.load(ordering: .relaxed) }
        func add(_ count: Int64) { sum.wrappingAdd(count, ordering: .relaxed) }
    }

    @Test("Concurrent counts, reports, reads and watchers lose no unit and count none twice")
    func exactSum() async throws {
        let (tracker, journal) = try make()
        _ = journal.subscribe(Reader(journal))
        let sum = Sum()
        await withTaskGroup { group in
            for seed in 0..<4 as Range<UInt64> {
                group.addTask {
                    var random = SeededGenerator(seed: seed)
                    for _ in 0..<10_000 {
                        let count = Int64.random(in: 1...1000, using: &random)
                        sum.add(count)
                        tracker.advance(by: count)
                    }
                }
                group.addTask { for step in 0..<1000 { tracker.update("Step \(step)") } }
                group.addTask { for _ in 0..<1000 { _ = journal.open(at: nil) } }
            }
        }
        #expect(tracker.snapshot()?.counts?.completedCount == sum.value)
        #expect(tracker.refusedReportCount == 0)
    }

    @Test("Invariant 6: the end has every accepted unit, and rejected calls are counted")
    func exactEnd() async throws {
        for _ in 0..<100 {
            let tracker = try TestService().service.createProgress(id: id("op"))
            let (taken, refused) = (Sum(), Sum())
            await withTaskGroup { group in
                for _ in 0..<3 {
                    group.addTask {
                        for _ in 0..<500 {
                            if tracker.advance(by: 3) { taken.add(3) } else { refused.add(1) }
                        }
                    }
                }
                group.addTask { tracker.succeed() }
            }
            let end = try #require(tracker.snapshot())
            try #require(end.counts?.completedCount ?? 0 == taken.value)
            try #require(tracker.refusedReportCount == Int(refused.value))
            try #require(end.status == .succeeded)
        }
    }

    @Test("A rejected report does not drop units that are counted at the same time")
    func refusedReports() async throws {
        let (tracker, journal) = try make()
        let elsewhere = ProgressCursor(epoch: "other", revision: 0)
        await withTaskGroup { group in
            group.addTask {
                for _ in 0..<1000 { _ = try? journal.report(ProgressReport(state: "Mine"), ifMatch: elsewhere) }
            }
            for _ in 0..<2 {
                group.addTask { for _ in 0..<10_000 { #expect(tracker.advance()) } }
            }
        }
        #expect(tracker.snapshot()?.counts?.completedCount == 20_000)
        #expect(tracker.refusedReportCount == 1000)
    }

    @Test("Counts past the capacity of the atomic word are kept, and a count stops at the maximum integer")
    func large() throws {
        let (tracker, journal) = try make()
        let calls = 1 << 14 + 5
        for _ in 0..<calls { tracker.advance(by: 1 << 48) }
        #expect(journal.snapshot().counts?.completedCount == Int64(calls) << 48)
        for _ in 0..<3 { tracker.advance(by: .max) }
        #expect(journal.snapshot().counts?.completedCount == .max)
    }

    @Test("A number below one adds no units, but starts the counts of the operation")
    func small() throws {
        let (tracker, journal) = try make()
        #expect(tracker.advance(by: 0))
        #expect(tracker.advance(by: -5))
        #expect(tracker.advance(by: .min))
        #expect(journal.snapshot().counts?.completedCount == 0)
    }

    @Test("Invariant 8: units counted before a new attempt belong to the previous attempt")
    func attempts() throws {
        let (tracker, journal) = try make()
        for _ in 0..<5 { tracker.advance() }
        tracker.beginAttempt()
        for _ in 0..<2 { tracker.advance() }
        let reading = journal.read(after: 0)
        #expect(reading.events.map(\.snapshot.attempt) == [1, 2, 2])
        #expect(reading.events.map(\.snapshot.counts?.completedCount) == [5, nil, 2])
    }

    @Test("Invariant 8: unread units stay in their attempt if a report begins the next attempt")
    func attemptByReport() throws {
        let (tracker, journal) = try make()
        tracker.setCounts(completed: 50, total: 100)
        _ = journal.snapshot()
        tracker.advance(by: 10)
        var report = ProgressReport()
        (report.attempt, report.completedCount, report.totalCount) = (2, 0, 100)
        try journal.report(report)
        let reading = journal.read(after: 0)
        #expect(reading.events.map(\.snapshot.attempt) == [1, 1, 2])
        #expect(reading.events.map(\.snapshot.counts?.completedCount) == [50, 60, 0])
        #expect(reading.events.map(\.snapshot.fractionCompleted) == [0.5, 0.6, 0])
    }

    @Test("The counts of a report appear in the report's revision, not in the revision of earlier units")
    func countsByReport() throws {
        let (tracker, journal) = try make()
        tracker.advance(by: 10)
        var report = ProgressReport(state: "Next")
        report.completedCount = 30
        try journal.report(report)
        let reading = journal.read(after: 0)
        #expect(reading.events.map(\.snapshot.state) == ["Pending", "Next"])
        #expect(reading.events.map(\.snapshot.counts?.completedCount) == [10, 30])
    }

    @Test("Counts and advances apply in the order of the calls")
    func order() throws {
        let (tracker, journal) = try make()
        for _ in 0..<5 { tracker.advance() }
        tracker.setCounts(completed: 10)
        for _ in 0..<5 { tracker.advance() }
        #expect(journal.snapshot().counts?.completedCount == 15)
        var report = ProgressReport()
        report.completedCount = 20
        tracker.report(report)
        tracker.advance()
        #expect(journal.snapshot().counts?.completedCount == 21)
    }

    @Test("Invariant 7: every advance renews the lease")
    func lease() throws {
        let options = ProgressOptions(lease: .seconds(10))
        _ = try environment.service.createJournal(id: id("remote"), options: options)
        let tracker = try environment.service.getProgress(id("remote"))
        for _ in 0..<5 {
            tracker.advance()
            environment.time.advance(by: .seconds(9))
            #expect(try environment.service.getJournal(id("remote")).snapshot().status == .running)
        }
        environment.time.advance(by: .seconds(1))
        #expect(try environment.service.getJournal(id("remote")).snapshot().status == .stalled)
    }
}
