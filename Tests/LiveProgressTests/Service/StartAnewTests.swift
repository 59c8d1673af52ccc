// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@_spi(Server) import LiveProgress
import LiveProgressTesting
import Synchronization
import Testing

@Suite("A new run of an ended operation with a fixed identifier")
struct StartAnewTests {
    private let environment: TestService
    private var service: ProgressService { environment.service }

    init() {
        let epochs = Mutex(0)
        environment = TestService(capacity: 4) { configuration in
            configuration.maximumOperations = 2
            configuration.makeEpoch = {
                epochs.withLock { count in
                    count += 1
                    return "epoch\(count)"
                }
            }
        }
    }

    @Test(
        "Each run starts without state of the previous run, and only after its end",
        arguments: [true, false]
    )
    func nights(isRemote: Bool) throws {
        for night in 1...3 {
            let options = ProgressOptions(title: "Night \(night)")
            var tracker: ProgressTracker?
            if isRemote {
                _ = try service.createJournal(id: id("job"), options: options)
                tracker = try service.getProgress(id("job"))
            } else {
                tracker = try service.createProgress(id: id("job"), options: options)
            }
            let snapshot = try #require(tracker?.snapshot())
            #expect(snapshot.cursor == ProgressCursor(epoch: "epoch\(snapshot.cursor.epoch.dropFirst(5))", revision: 0))
            #expect(snapshot.status == .pending && snapshot.counts == nil && snapshot.title == "Night \(night)")
            #expect { try service.createProgress(id: id("job")) } throws: {
                ($0 as? ProgressError)?.code == .alreadyExists
            }
            tracker?.advance()
            #expect(tracker?.fail(ProgressProblem(title: "No space")) == true)
        }
        #expect(service.operationCount == 1)
        #expect(service.list().snapshots.map(\.title) == ["Night 3"])
    }

    @Test("The worker of the previous run cannot change the new run, even by its release")
    func formerWorker() throws {
        var former: ProgressTracker? = try service.createProgress(id: id("job"))
        former?.succeed()
        let next = try service.createProgress(id: id("job"))
        #expect(former?.update("Late") == false)
        #expect(former?.advance() == false)
        former = nil
        #expect(next.snapshot()?.revision == 0)
        #expect(try service.getProgress(id("job")) === next)
    }

    @Test("Invariant 5: a watcher of the previous run receives its end, and no removal")
    func formerWatcher() async throws {
        let former = try service.createProgress(id: id("job"))
        var events = try service.getJournal(id("job")).events().makeAsyncIterator()
        #expect(try await events.next(isolation: nil)?.kind == .snapshot)
        for step in 1...20 { former.update("Step \(step)") }
        former.succeed(result: 7)
        let next = try service.createProgress(id: id("job"))
        next.update("Next")
        let end = try #require(try await events.next(isolation: nil))
        #expect(end.kind == .end && end.snapshot.result == 7 && end.snapshot.cursor.epoch == "epoch1")
        #expect(try await events.next(isolation: nil) == nil)
    }

    @Test("A cursor of the previous run is not resumed")
    func oldCursor() throws {
        let former = try service.createProgress(id: id("job"))
        former.succeed()
        let cursor = try #require(former.snapshot()).cursor
        let next = try service.createProgress(id: id("job"))
        for step in 1...3 { next.update("Step \(step)") }
        let reading = try service.getJournal(id("job")).open(at: cursor)
        #expect(reading.events.map(\.resumed) == [false])
        #expect(reading.events.map(\.snapshot.state) == ["Step 3"])
    }

    @Test("A new run takes the place of the previous run, even in a full service")
    func place() throws {
        let other = try service.createProgress(id: id("other"))
        for _ in 1...3 {
            let tracker = try service.createProgress(id: id("job"))
            #expect { try service.createProgress(id: id("third")) } throws: {
                ($0 as? ProgressError)?.code == .tooManyOperations
            }
            tracker.succeed()
        }
        #expect(other.snapshot()?.status == .pending)
        #expect(service.operationCount == 2)
    }

    @Test("A new run frees the stored report bytes of the previous run", arguments: [1, 3])
    func history(rounds: Int) throws {
        for _ in 0..<rounds {
            let journal = try service.createJournal(id: id("job"))
            try journal.report(ProgressReport(state: "Working"), size: 1000)
            var end = ProgressReport()
            end.outcome = .succeeded()
            try journal.report(end, size: 100)
            #expect(service.historyBytes == 1100)
        }
        _ = try service.createJournal(id: id("job"))
        #expect(service.historyBytes == 0)
    }

    @Test("The feed sends the new run and no removal")
    func feed() async throws {
        let former = try service.createProgress(id: id("job"))
        var feed = service.events(matching: ProgressQuery()).makeAsyncIterator()
        guard case .changed = await feed.next(isolation: nil) else {
            Issue.record("the feed did not send the operation")
            return
        }
        former.succeed()
        let next = try service.createProgress(id: id("job"))
        // The sleepers are the previous run's retention timer and the feed's frame timer.
        await environment.time.sleepers(atLeast: 2)
        environment.time.advance(by: .seconds(1))
        let cursor = try #require(next.snapshot()).cursor
        while true {
            let event = await feed.next(isolation: nil)
            guard case .changed(let snapshot) = event else {
                Issue.record("\(String(describing: event))")
                return
            }
            if snapshot.cursor == cursor { return }
        }
    }

    @Test("The timers of the previous run do not affect the new run", arguments: [true, false])
    func timers(isDeleted: Bool) async throws {
        _ = try service.createJournal(id: id("job"), options: .init(lease: .seconds(10)))
        if isDeleted { try service.deleteProgress(id("job")) } else { try service.getProgress(id("job")).succeed() }
        let next = try service.createJournal(id: id("job"), options: .init(lease: .seconds(1_000_000)))
        for _ in 1...10 {
            environment.time.advance(by: .seconds(24 * 3600))
            #expect(next.snapshot().status == .pending)
            #expect(try service.getJournal(id("job")) === next)
        }
    }

    @Test("Work with a fixed identifier can run again and again")
    func run() async throws {
        for round in 1...3 {
            let result = try await service.run("Nightly", id: id("job")) { round }
            #expect(result == round)
        }
    }
}
