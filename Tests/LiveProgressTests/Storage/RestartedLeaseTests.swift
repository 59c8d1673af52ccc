// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressTesting
import Testing

@Suite("Leases and retention outlive a process")
struct RestartedLeaseTests {
    private static let day = 86_400.0

    @Test(
        "After a restart a remote worker has the whole grace period, whatever the calendar says",
        arguments: [0, 10 * day, -365 * day]
    )
    func remote(shift: Double) async throws {
        let first = try await StoredService()
        _ = try first.service.createJournal(id: "job", options: ProgressOptions(lease: .seconds(30)))
        let second = try await first.crashed(date: shift)
        second.time.advance(by: .seconds(299))
        #expect(try second.snapshot("job").status == .stalled)
        try second.service.getJournal("job").report(ProgressReport())
        #expect(try second.snapshot("job").status == .running)
        second.time.advance(by: .seconds(29))
        #expect(try second.snapshot("job").status == .running)
        second.time.advance(by: .seconds(1))
        #expect(try second.snapshot("job").status == .stalled)
        second.time.advance(by: .seconds(300))
        #expect(try second.snapshot("job").error == .workerLost)
    }

    @Test(
        "A worker in the process that ended is lost, unless the program resumes the operation",
        arguments: [true, false]
    )
    func local(isResumed: Bool) async throws {
        let first = try await StoredService()
        let tracker = try first.service.createProgress(id: "job")
        tracker.update("Working")
        let second = try await first.crashed()
        #expect(try second.snapshot("job").status == .stalled)
        second.time.advance(by: .seconds(29))
        let resumed = isResumed ? try second.service.resumeProgress("job") : nil
        second.time.advance(by: .seconds(1))
        #expect(try second.snapshot("job").status == (isResumed ? .running : .failed))
        second.time.advance(by: .seconds(3600))
        #expect(try second.snapshot("job").status == (isResumed ? .running : .failed))
        withExtendedLifetime((tracker, resumed)) {}
    }

    @Test("A service that was stopped notices the silence first, and then gives the whole grace period")
    func asleep() async throws {
        let current = try await StoredService()
        let journal = try current.service.createJournal(id: "job")
        current.time.advance(by: .seconds(8 * 3600))
        #expect(try current.snapshot("job").status == .stalled)
        current.time.advance(by: .seconds(299))
        #expect(try current.snapshot("job").status == .stalled)
        try journal.report(ProgressReport(state: "Awake"))
        #expect(try current.snapshot("job").status == .running)
    }

    @Test("Retention is measured by the calendar; time while the service is away counts")
    func retention() async throws {
        let ended = try await endedHour()
        let later = try await ended.restarted(date: 23.5 * 3600)
        #expect(try later.snapshot("job").outcome == .cancelled)
        later.time.advance(by: .seconds(1799))
        #expect(try later.snapshot("job").outcome == .cancelled)
        later.time.advance(by: .seconds(1))
        #expect(throws: ProgressError.self) { try later.snapshot("job") }
    }

    @Test(
        "A calendar that is ahead at the start, or behind, ends no retention early",
        arguments: [400 * day, -400 * day]
    )
    func wrongCalendar(shift: Double) async throws {
        let wrong = try await endedHour().restarted(date: shift)
        wrong.time.advance(by: .seconds(299))
        #expect(try wrong.snapshot("job").outcome == .cancelled)
        let right = try await wrong.restarted(date: 3600)
        right.time.advance(by: .seconds(22 * 3600))
        #expect(try right.snapshot("job").outcome == .cancelled)
    }

    @Test("A request to cancel stays after a restart")
    func cancelling() async throws {
        let first = try await StoredService()
        let journal = try first.service.createJournal(id: "job", options: ProgressOptions(isCancellable: true))
        try journal.requestCancel()
        let second = try await first.crashed()
        #expect(try second.snapshot("job").status == .cancelling)
        #expect(try second.service.getProgress("job").isCancellationRequested)
    }

    /// Returns a service with an operation that ended at the calendar's beginning.
    private func endedHour() async throws -> StoredService {
        let first = try await StoredService()
        try first.service.createJournal(id: "job").report(ProgressReport(outcome: .cancelled))
        return first
    }
}
