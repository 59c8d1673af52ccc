// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressTesting
import Testing

@Suite("The journal of an operation")
struct JournalTests {
    private let environment = TestService(capacity: 4)

    private func make() throws -> (ProgressTracker, ProgressJournal) {
        let tracker = try environment.service.createProgress(id: id("op"))
        return (tracker, try environment.service.getJournal(tracker.id))
    }

    @Test("Invariant 2: within an epoch, revisions start at 0 and grow by one")
    func revisionsGrowByOne() throws {
        let (tracker, journal) = try make()
        #expect(journal.snapshot().cursor.description == "e-0")
        for expected in 1...10 as ClosedRange<UInt64> {
            tracker.update("Step \(expected)")
            #expect(journal.snapshot().cursor == ProgressCursor(epoch: "e", revision: expected))
        }
    }

    @Test("A new operation has the state Pending and null details")
    func initialState() throws {
        let journal = try environment.service.createJournal(id: id("op"))
        let snapshot = journal.snapshot()
        #expect(snapshot.state == "Pending")
        #expect(snapshot.details == .null)
        #expect(snapshot.status == .pending)
        #expect(snapshot.outcome == nil)
    }

    @Test("A state without details clears the details")
    func stateClearsDetails() throws {
        let (tracker, journal) = try make()
        tracker.update("Processing", details: ["percentComplete": 50])
        tracker.update("Finishing")
        #expect(journal.snapshot().details == .null)
    }

    @Test("Invariant 4: the first reading of a late watcher is the current snapshot")
    func lateWatcherSeesTheCurrentState() throws {
        let (tracker, journal) = try make()
        tracker.update("Processing", details: ["percentComplete": 50])
        let reading = journal.open(at: nil)
        #expect(reading.events.map(\.kind) == [.snapshot])
        #expect(reading.events.first?.snapshot.state == "Processing")
        #expect(reading.events.first?.resumed == false)
        #expect(reading.position == 1)
    }

    @Test("Invariant 5: a watcher without a backlog receives every transition, and the end last")
    func keepsUp() throws {
        let (tracker, journal) = try make()
        var position = journal.open(at: nil).position
        var states: [String] = []
        for step in 1...20 {
            tracker.update("Step \(step)")
            let reading = journal.read(after: position)
            states += reading.events.map(\.snapshot.state)
            position = reading.position
        }
        tracker.succeed()
        let last = journal.read(after: position)
        #expect(states == (1...20).map { "Step \($0)" })
        #expect(last.events.map(\.kind) == [.end])
        #expect(last.isFinished)
    }

    @Test("Invariant 3: a watcher that falls behind receives the newest snapshot and the number of skipped revisions")
    func overtaken() throws {
        let (tracker, journal) = try make()
        let position = journal.open(at: nil).position
        for step in 1...10 { tracker.update("Step \(step)") }
        let reading = journal.read(after: position)
        #expect(reading.events.map(\.snapshot.revision) == [10])
        #expect(reading.events.map(\.skipped) == [9])
    }

    @Test("After a cursor that the journal still has, the exact revisions are replayed")
    func resumes() throws {
        let (tracker, journal) = try make()
        for step in 1...3 { tracker.update("Step \(step)") }
        let reading = journal.open(at: ProgressCursor(epoch: "e", revision: 1))
        #expect(reading.events.map(\.snapshot.revision) == [2, 3])
        #expect(reading.events.map(\.kind) == [.snapshot, .update])
        #expect(reading.events.map(\.resumed) == [true, nil])
        #expect(reading.events.allSatisfy { $0.skipped == 0 })
    }

    @Test("A cursor at the newest revision resumes with nothing to replay")
    func resumesAtTheNewest() throws {
        let (tracker, journal) = try make()
        tracker.update("Step 1")
        let reading = journal.open(at: ProgressCursor(epoch: "e", revision: 1))
        #expect(reading.events.isEmpty)
        #expect(reading.position == 1)
    }

    @Test(
        "A cursor that cannot be resumed gives the newest snapshot, with resumed false",
        arguments: [("e-0", 9), ("other-9", 0), ("e-11", 0)] as [(String, UInt64)]
    )
    func cannotResume(text: String, skipped: UInt64) throws {
        let cursor = try #require(ProgressCursor(text))
        let (tracker, journal) = try make()
        for step in 1...10 { tracker.update("Step \(step)") }
        let reading = journal.open(at: cursor)
        #expect(reading.events.map(\.snapshot.revision) == [10])
        #expect(reading.events.map(\.resumed) == [false])
        #expect(reading.events.map(\.skipped) == [skipped])
    }

    @Test("A tick overwrites the previous tick until a reader has read it")
    func ticksOverwrite() throws {
        let (tracker, journal) = try make()
        for _ in 1...1000 { tracker.advance() }
        #expect(journal.snapshot().revision == 1)
        #expect(journal.snapshot().counts?.completedCount == 1000)
    }

    @Test("A read seals a tick: the next tick gets a new revision")
    func readingSeals() throws {
        let (tracker, journal) = try make()
        tracker.advance(by: 1)
        let first = journal.read(after: 0)
        tracker.advance(by: 1)
        let second = journal.read(after: first.position)
        #expect(first.events.map(\.snapshot.counts?.completedCount) == [1])
        #expect(second.events.map(\.snapshot.counts?.completedCount) == [2])
        #expect(second.events.map(\.snapshot.revision) == [2])
    }

    @Test("A tick does not overwrite a transition, and a transition keeps the counts of ticks")
    func transitionsAreNotSwallowed() throws {
        let (tracker, journal) = try make()
        tracker.setCounts(total: 10)
        tracker.advance(by: 3)
        tracker.update("Second phase")
        tracker.advance(by: 1)
        let reading = journal.read(after: 0)
        #expect(reading.events.map(\.snapshot.state) == ["Pending", "Second phase", "Second phase"])
        #expect(reading.events.map(\.snapshot.counts?.completedCount) == [3, 3, 4])
    }

    @Test("Invariant 6: after the end, a report is rejected and counted, and changes nothing")
    func oneEnd() throws {
        let (tracker, journal) = try make()
        #expect(tracker.succeed(result: ["rows": 7]))
        let end = journal.snapshot()
        #expect(!tracker.update("Too late"))
        #expect(!tracker.advance())
        #expect(!tracker.fail(ProgressProblem(title: "Too late")))
        #expect(!tracker.cancel())
        #expect(throws: ProgressError.self) { try journal.report(ProgressReport(state: "Too late")) }
        #expect(journal.snapshot() == end)
        #expect(end.result == ["rows": 7])
        #expect(tracker.refusedReportCount == 5)
    }

    @Test("Invariant 6: an operation at 100 % has not succeeded yet")
    func completeIsNotSuccess() throws {
        let (tracker, journal) = try make()
        tracker.setCounts(completed: 10, total: 10)
        #expect(journal.snapshot().fractionCompleted == 1)
        #expect(journal.snapshot().status == .running)
    }

    @Test("An end without a state gets a default state, and the last details remain")
    func endsAreNamed() throws {
        let (tracker, journal) = try make()
        tracker.update("Copying", details: ["file": "a.csv"])
        tracker.fail(ProgressProblem(title: "Disk full"))
        #expect(journal.snapshot().state == "Failed")
        #expect(journal.snapshot().details == ["file": "a.csv"])
        #expect(journal.snapshot().error?.title == "Disk full")
    }

    @Test("Invariant 8: within an attempt, the count never falls, and for one total the fraction never falls")
    func fractionNeverFalls() throws {
        let (tracker, journal) = try make()
        tracker.setCounts(completed: 50, total: 100)
        #expect(journal.snapshot().fractionCompleted == 0.5)
        tracker.setCounts(completed: 10)
        #expect(journal.snapshot().fractionCompleted == 0.5)
        #expect(journal.snapshot().counts?.completedCount == 50)
        tracker.setCounts(total: 200)
        #expect(journal.snapshot().fractionCompleted == 0.25)
        tracker.beginAttempt()
        tracker.setCounts(completed: 1, total: 200)
        #expect(journal.snapshot().fractionCompleted == 0.005)
        #expect(journal.snapshot().attempt == 2)
    }

    @Test("A conditional report is applied only at its revision")
    func compareAndSet() throws {
        let (tracker, journal) = try make()
        let seen = journal.snapshot().cursor
        tracker.update("Changed")
        #expect { try journal.report(ProgressReport(state: "Mine"), ifMatch: seen) } throws: {
            ($0 as? ProgressError)?.code == .cursorMismatch
        }
        let snapshot = try journal.report(ProgressReport(state: "Mine"), ifMatch: journal.snapshot().cursor)
        #expect(snapshot.state == "Mine")
    }

    @Test(
        "Negative counts and too many labels are rejected",
        arguments: ["completedCount", "totalCount", "advance"]
    )
    func invalidReports(member: String) throws {
        let journal = try environment.service.createJournal(id: id("op"))
        var report = ProgressReport()
        switch member {
        case "completedCount": report.completedCount = -1
        case "totalCount": report.totalCount = -1
        default: report.advance = -1
        }
        #expect { try journal.report(report) } throws: {
            guard let error = $0 as? ProgressError else { return false }
            return error.code == .invalidReport && error.message.hasPrefix(member)
        }
        var labels = ProgressReport()
        labels.labels = Dictionary(uniqueKeysWithValues: (1...65).map { ("label\($0)", "x") })
        #expect { try journal.report(labels) } throws: { ($0 as? ProgressError)?.code == .invalidReport }
        #expect(journal.snapshot().revision == 0)
    }

    @Test("An empty report renews the lease; it makes a revision only if the operation was pending or stalled")
    func heartbeat() throws {
        let journal = try environment.service.createJournal(id: id("op"), options: .init(lease: .seconds(10)))
        #expect(try journal.report(ProgressReport()).status == .running)
        environment.time.advance(by: .seconds(9))
        #expect(try journal.report(ProgressReport()).revision == 1)
        environment.time.advance(by: .seconds(9))
        #expect(try environment.service.getJournal(id("op")).snapshot().status == .running)
        environment.time.advance(by: .seconds(1))
        #expect(try environment.service.getJournal(id("op")).snapshot().status == .stalled)
        #expect(try journal.report(ProgressReport()).status == .running)
    }

    @Test("Invariant 10: the journal keeps no more revisions than its capacity", arguments: [1, 2, 64])
    func bounded(capacity: Int) throws {
        let environment = TestService(capacity: capacity)
        let tracker = try environment.service.createProgress(id: id("op"))
        for step in 1...1000 { tracker.update("Step \(step)") }
        let journal = try environment.service.getJournal(id("op"))
        let oldest = UInt64(1000 - capacity)
        #expect(journal.read(after: oldest).events.count == capacity)
        #expect(journal.read(after: oldest - 1).events.map(\.skipped) == [UInt64(capacity)])
    }
}
