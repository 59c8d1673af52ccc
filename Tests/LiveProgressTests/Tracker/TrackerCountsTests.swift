// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressTesting
import Testing

@testable import LiveProgress

@Suite("Counts and fractions of a tracker")
struct TrackerCountsTests {
    private let environment = TestService()

    private func make() throws -> (ProgressTracker, ProgressJournal) {
        let tracker = try environment.service.createProgress(id: id("op"))
        return (tracker, try environment.service.getJournal(id("op")))
    }

    @Test("Invariant 8: a fraction without counts is shown, never falls, and gives a remaining time")
    func fraction() throws {
        let (tracker, journal) = try make()
        for step in 1...20 {
            environment.time.advance(by: .seconds(1))
            #expect(tracker.setFraction(Double(step) / 100))
            #expect(tracker.setFraction(0.001))
            #expect(journal.snapshot().fractionCompleted == Double(step) / 100)
        }
        let counts = try #require(journal.snapshot().counts)
        #expect(counts.completedCount == 0 && counts.totalCount == nil && counts.throughput == nil)
        #expect(try abs(#require(counts.estimatedTimeRemaining) - 80) < 0.1)
        // The counts now decide the fraction, and their rate starts here.
        tracker.setCounts(completed: 1, total: 4)
        #expect(tracker.setFraction(0.9))
        #expect(journal.snapshot().fractionCompleted == 0.25)
        environment.time.advance(by: .seconds(1))
        tracker.advance()
        #expect(try abs(#require(journal.snapshot().counts?.throughput) - 1) < 1e-6)
    }

    @Test("An invalid fraction is rejected and counted", arguments: [-0.1, 1.1, .nan, .infinity, -.infinity])
    func refused(fraction: Double) throws {
        let (tracker, journal) = try make()
        #expect(!tracker.setFraction(fraction))
        #expect(tracker.refusedReportCount == 1)
        #expect(journal.snapshot().revision == 0)
    }

    @Test(
        "An operation that has ended has no remaining time",
        arguments: [ProgressOutcome.succeeded(result: nil), .failed(.workerLost), .cancelled, nil]
    )
    func ended(outcome: ProgressOutcome?) throws {
        let (tracker, journal) = try make()
        for step in 1...20 as ClosedRange<Int64> {
            environment.time.advance(by: .seconds(1))
            tracker.setCounts(completed: step, total: 100)
            _ = journal.snapshot()
        }
        #expect(journal.snapshot().counts?.estimatedTimeRemaining != nil)
        if let outcome { tracker.end(outcome) } else { journal.abandon() }
        let counts = try #require(journal.snapshot().counts)
        #expect(counts.estimatedTimeRemaining == nil)
        #expect(counts.completedCount == 20 && counts.fractionCompleted == 0.2)
    }

    @Test("A late lower count of a part is ignored, and the fraction of the operation does not fall")
    func parts() throws {
        let (tracker, journal) = try make()
        tracker.setCounts(total: 10)
        let part = tracker.share(assigning: 4).start(totalCount: 8)
        for (completed, fraction) in [(4, 0.2), (2, 0.2), (6, 0.3)] as [(Int64, Double)] {
            part.setCounts(completed: completed)
            #expect(journal.snapshot().fractionCompleted == fraction)
        }
    }

    @Test(
        "The baseline does not affect the throughput, whether set before, with or after its units",
        arguments: 0..<3
    )
    func baseline(order: Int) throws {
        let (tracker, journal) = try make()
        tracker.setCounts(completed: 0, total: 1351)
        _ = journal.snapshot()
        environment.time.advance(by: .milliseconds(500))
        if order == 0 { tracker.setCounts(baseline: 130) }
        if order == 1 { tracker.setCounts(completed: 130, baseline: 130) }
        if order == 2 { tracker.setCounts(completed: 130) }
        #expect(journal.snapshot().counts?.completedCount == 130)
        if order == 2 { tracker.setCounts(baseline: 130) }
        for _ in 0..<20 {
            environment.time.advance(by: .milliseconds(250))
            tracker.advance()
            _ = journal.snapshot()
        }
        let counts = try #require(journal.snapshot().counts)
        #expect(counts.completedCount == 150 && counts.totalCount == 1351)
        #expect(try abs(#require(counts.throughput) - 4) < 0.5)
        #expect(try abs(#require(counts.estimatedTimeRemaining) - 300) < 40)
        tracker.beginAttempt()
        tracker.setCounts(completed: 0, total: 10)
        environment.time.advance(by: .seconds(1))
        tracker.advance()
        #expect(journal.snapshot().counts?.completedCount == 1)
    }

    @Test("A stalled operation does not keep its earlier throughput")
    func stalled() throws {
        let service = environment.service
        let journal = try service.createJournal(id: id("silent"), options: ProgressOptions(lease: .seconds(60)))
        var report = ProgressReport()
        report.totalCount = 2000
        for count in 1...30 {
            environment.time.advance(by: .milliseconds(100))
            report.completedCount = Int64(count)
            try journal.report(report)
        }
        #expect(try abs(#require(journal.snapshot().counts?.throughput) - 10) < 1)
        environment.time.advance(by: .seconds(62))
        let stalled = try service.getJournal(id("silent")).snapshot()
        #expect(stalled.status == .stalled)
        #expect(stalled.counts?.completedCount == 30)
        #expect((stalled.counts?.throughput ?? 0) < 1)
    }
}
