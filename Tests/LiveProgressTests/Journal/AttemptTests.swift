// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressTesting
import Testing

@Suite("Attempts of an operation")
struct AttemptTests {
    private func make() throws -> (ProgressTracker, ProgressJournal) {
        let service = TestService().service
        let tracker = try service.createProgress(id: id("op"))
        return (tracker, try service.getJournal(tracker.id))
    }

    @Test("Invariant 7: a report of an attempt that is over is rejected")
    func staleAttempt() throws {
        let (tracker, journal) = try make()
        tracker.beginAttempt()
        var report = ProgressReport(state: "Still here")
        report.attempt = 1
        #expect { try journal.report(report) } throws: { ($0 as? ProgressError)?.code == .staleAttempt }
        report.attempt = 4
        #expect { try journal.report(report) } throws: { ($0 as? ProgressError)?.code == .invalidReport }
    }

    @Test("Each call of beginAttempt begins one attempt, even from several threads")
    func concurrentAttempts() async throws {
        let (tracker, journal) = try make()
        await withTaskGroup { group in
            for _ in 0..<4 {
                group.addTask { for _ in 0..<500 { tracker.beginAttempt() } }
            }
        }
        #expect(journal.snapshot().attempt == 1 + 4 * 500)
    }
}
