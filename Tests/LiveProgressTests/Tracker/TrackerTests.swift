// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressTesting
import Testing

@Suite("The lifetime of a tracker")
struct TrackerTests {
    private let environment = TestService()
    private var service: ProgressService { environment.service }

    @Test("A tracker that is released without an end fails as abandoned (invariant 7)")
    func abandoned() throws {
        var tracker: ProgressTracker? = try service.createProgress(id: id("op"))
        tracker?.update("Working")
        tracker = nil
        let snapshot = try service.getJournal(id("op")).snapshot()
        #expect(snapshot.status == .failed)
        #expect(snapshot.error == .abandoned)
    }

    @Test("A second reference to the tracker keeps the operation from being abandoned")
    func sharedTracker() throws {
        var first: ProgressTracker? = try service.createProgress(id: id("op"))
        let second = try service.getProgress(id("op"))
        #expect(first === second)
        first = nil
        #expect(second.snapshot()?.status == .pending)
        second.succeed()
        #expect(try service.getJournal(id("op")).snapshot().status == .succeeded)
    }

    @Test("Releasing a tracker after its end changes nothing")
    func releasedAfterEnd() throws {
        try service.createProgress(id: id("op")).succeed(result: 7)
        #expect(try service.getJournal(id("op")).snapshot().result == 7)
    }

    @Test("The no-op tracker has no effect")
    func noop() async throws {
        let noop = ProgressTracker.noop
        #expect(noop.id.rawValue.isEmpty)
        #expect(noop.isNoop)
        #expect(!noop.update("Anything"))
        #expect(!noop.advance())
        #expect(!noop.succeed())
        #expect(noop.snapshot() == nil)
        #expect(!noop.startSignal.hasFired)
        let part = noop.share(assigning: 3).start(totalCount: 10)
        part.advance()
        part.share(assigning: 1).start().finish()
        #expect(service.operationCount == 0)
    }

    @Test("The no-op tracker's start signal never fires, but a wait can time out or be cancelled")
    func noopStartSignal() async throws {
        let hasFired = try await ProgressTracker.noop.startSignal.wait(timeout: .milliseconds(1))
        #expect(!hasFired)
        let waiting = Task { try await ProgressTracker.noop.startSignal.wait() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
    }

    @Test("The current tracker is the no-op tracker outside withProgress and the given tracker inside")
    func context() async throws {
        #expect(ProgressTracker.current.isNoop)
        let tracker = try service.createProgress(id: id("op"))
        withProgress(tracker) { #expect(ProgressTracker.current === tracker) }
        await withProgress(tracker) {
            #expect(ProgressTracker.current === tracker)
            await withTaskGroup { group in
                group.addTask { #expect(ProgressTracker.current === tracker) }
            }
            withProgress(.noop) { #expect(ProgressTracker.current.isNoop) }
            #expect(await Task.detached { ProgressTracker.current.isNoop }.value)
        }
        #expect(ProgressTracker.current.isNoop)
    }

    @Test("An element of a tracked sequence counts when the next element is requested")
    func trackingSequence() throws {
        let tracker = try service.createProgress(id: id("op"))
        var completed: [Int64?] = []
        for _ in ["a", "b", "c"].trackingProgress(by: tracker) {
            completed.append(tracker.snapshot()?.counts?.completedCount)
        }
        #expect(completed == [0, 1, 2])
        #expect(tracker.snapshot()?.counts?.completedCount == 3)
        #expect(tracker.snapshot()?.counts?.totalCount == 3)
    }

    @Test("A loop that is left early counts only the completed elements")
    func trackingLeftEarly() throws {
        let tracker = try service.createProgress(id: id("op"))
        for number in sequence(first: 1, next: { $0 + 1 }).trackingProgress(total: 10, by: tracker) where number == 4 {
            break
        }
        #expect(tracker.snapshot()?.counts?.completedCount == 3)
        #expect(tracker.snapshot()?.fractionCompleted == 0.3)
    }

    @Test("A tracked asynchronous sequence counts for the current tracker")
    func trackingAsyncSequence() async throws {
        let tracker = try service.createProgress(id: id("op"))
        let numbers = AsyncStream { continuation in
            for number in 1...5 { continuation.yield(number) }
            continuation.finish()
        }
        let sum = await withProgress(tracker) {
            var sum = 0
            for await number in numbers.trackingProgress(total: 5) { sum += number }
            return sum
        }
        #expect(sum == 15)
        #expect(tracker.snapshot()?.fractionCompleted == 1)
    }

    @Test("Concurrent reports and counts lose nothing")
    func concurrentReports() async throws {
        let environment = TestService(capacity: 1)
        let tracker = try environment.service.createProgress(id: id("op"))
        await withTaskGroup { group in
            for _ in 0..<4 {
                group.addTask { for _ in 0..<5_000 { tracker.advance() } }
                group.addTask { for step in 0..<500 { tracker.update("Step \(step)") } }
                group.addTask { for _ in 0..<500 { _ = tracker.snapshot() } }
            }
        }
        let snapshot = try #require(tracker.snapshot())
        #expect(snapshot.counts?.completedCount == 20_000)
        #expect(snapshot.revision >= 2_000)
        #expect(tracker.succeed())
    }
}
