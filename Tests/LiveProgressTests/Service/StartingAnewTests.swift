// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressTesting
import Synchronization
import Testing

@testable import LiveProgress

@Suite("An identifier that is used again")
struct StartingAnewTests {
    private let environment: TestService
    private var service: ProgressService { environment.service }
    private var time: ManualClock { environment.time }
    private let nightly = id("nightly")

    init() {
        let epochs = Mutex(0)
        environment = TestService { configuration in
            configuration.makeEpoch = {
                epochs.withLock { number in
                    number += 1
                    return "e\(number)"
                }
            }
        }
    }

    private func code(_ body: () throws -> Void) -> ProgressError.Code? {
        do { try body() } catch { return (error as? ProgressError)?.code }
        return nil
    }

    @Test("Starts anew after each end, however it ended, in an epoch of its own")
    func afterTheEnd() throws {
        var epochs: Set<String> = []
        for outcome in [ProgressOutcome.succeeded(result: 1), .failed(ProgressProblem(title: "no")), .cancelled] {
            let tracker = try service.createProgress(id: nightly)
            let first = try #require(tracker.snapshot())
            #expect(first.status == .pending)
            #expect(first.revision == 0)
            #expect(epochs.insert(first.cursor.epoch).inserted)
            #expect(tracker.update("Working"))
            #expect(tracker.end(outcome))
            #expect(service.operationCount == 1)
        }
    }

    @Test("Is still taken while its operation runs, is stalled or is being cancelled")
    func whileItRuns() throws {
        let journal = try service.createJournal(
            id: nightly,
            options: ProgressOptions(isCancellable: true, lease: .seconds(5))
        )
        #expect(code { _ = try service.createJournal(id: nightly) } == .alreadyExists)
        time.advance(by: .seconds(6))
        #expect(try service.getJournal(nightly).snapshot().status == .stalled)
        #expect(code { _ = try service.createJournal(id: nightly) } == .alreadyExists)
        try journal.requestCancel()
        #expect(code { _ = try service.createProgress(id: nightly) } == .alreadyExists)
        #expect(try service.getJournal(nightly) === journal)
    }

    @Test("An old cursor finds the new operation, which says that it is no replay")
    func oldCursor() async throws {
        let former = try service.createProgress(id: nightly)
        former.update("Working")
        let cursor = try #require(former.snapshot()?.cursor)
        former.succeed()
        let tracker = try service.createProgress(id: nightly)
        let reading = try service.getJournal(nightly).open(at: cursor)
        #expect(reading.events.map(\.resumed) == [false])
        #expect(reading.events.map(\.snapshot.cursor) == [try #require(tracker.snapshot()?.cursor)])
    }

    @Test("A watcher that lags behind still reads the end of the former operation")
    func laggingWatcher() async throws {
        let former = try service.createProgress(id: nightly)
        var events = try service.getJournal(nightly).events(from: nil).makeAsyncIterator()
        #expect(try await events.next(isolation: nil)?.snapshot.state == "Pending")
        former.succeed(result: 7)
        let tracker = try service.createProgress(id: nightly)
        tracker.update("Again")
        let end = try await events.next(isolation: nil)
        #expect(end?.kind == .end)
        #expect(end?.snapshot.outcome == .succeeded(result: 7))
        #expect(try await events.next(isolation: nil) == nil)
        #expect(!former.update("Late"))
        #expect(try service.getJournal(nightly).snapshot().state == "Again")
    }

    @Test("The former operation's retention does not take the new one away")
    func retention() throws {
        let former = try service.createProgress(id: nightly)
        former.succeed()
        time.advance(by: .seconds(23 * 60 * 60))
        let tracker = try service.createProgress(id: nightly)
        time.advance(by: .seconds(2 * 60 * 60))
        #expect(try service.getJournal(nightly).snapshot().cursor == tracker.snapshot()?.cursor)
        #expect(tracker.update("Still here"))
    }

    @Test("After a deletion a creation starts anew, and reports are taken again")
    func afterDeletion() throws {
        for _ in 0..<3 {
            let journal = try service.createJournal(id: nightly)
            try service.deleteProgress(nightly)
            #expect(code { try journal.report(ProgressReport(state: "ghost")) } == .gone)
            #expect(code { _ = try service.getJournal(nightly) } == .gone)
        }
        #expect(try service.createJournal(id: nightly).report(ProgressReport(state: "b")).state == "b")
    }

    @Test("A caller may forbid to follow a former operation; then nothing changes")
    func forbidden() throws {
        func follow() throws { _ = try service.createJournal(id: nightly, options: .init()) { _ in false } }
        try follow()
        let journal = try service.getJournal(nightly)
        var end = ProgressReport()
        end.outcome = .succeeded(result: nil)
        try journal.report(end)
        #expect(code { try follow() } == .alreadyExists)
        #expect(try service.getJournal(nightly) === journal)
        try service.deleteProgress(nightly)
        #expect(code { try follow() } == .gone)
        #expect(code { _ = try service.getJournal(nightly) } == .gone)
    }

    @Test("Those who follow all operations hear of the new one, and not of the former's end that was told late")
    func feed() throws {
        final class Silent: ProgressWaker { func wake() {} }
        let subscription = service.subscribeToChanges(Silent())
        defer { service.changes.unsubscribe(subscription) }
        let former = try service.createProgress(id: nightly)
        former.succeed()
        let tracker = try service.createProgress(id: nightly)
        service.changes.frame()
        let events = service.changes.read(after: 0).events
        #expect(events == [.changed(try #require(tracker.snapshot()))])
    }

    @Test("Starting anew needs no free place: the former operation gives up its own")
    func place() throws {
        let environment = TestService { $0.maximumOperations = 1 }
        let tracker = try environment.service.createProgress(id: nightly)
        tracker.succeed()
        #expect(code { _ = try environment.service.createProgress(id: id("other")) } == .tooManyOperations)
        let again = try environment.service.createProgress(id: nightly)
        #expect(again.snapshot()?.status == .pending)
        #expect(environment.service.operationCount == 1)
    }
}
