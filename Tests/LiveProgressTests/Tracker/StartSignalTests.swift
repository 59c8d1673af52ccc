// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressTesting
import Testing

@Suite("The start signal")
struct StartSignalTests {
    private let environment = TestService()

    private func make() throws -> (ProgressTracker, ProgressJournal) {
        let tracker = try environment.service.createProgress(id: id("op"))
        return (tracker, try environment.service.getJournal(id("op")))
    }

    @Test("The first watcher releases every waiter")
    func allWaiters() async throws {
        let (tracker, journal) = try make()
        let waiters = (0..<10).map { _ in Task { try await tracker.startSignal.wait() } }
        journal.watcherJoined()
        for waiter in waiters { try await waiter.value }
        #expect(tracker.startSignal.hasFired)
    }

    @Test("The signal stays fired after the last watcher has left")
    func firesForLateWaiters() async throws {
        let (tracker, journal) = try make()
        journal.watcherJoined()
        journal.watcherLeft()
        #expect(journal.watcherCount == 0)
        try await tracker.startSignal.wait()
        #expect(try await tracker.startSignal.wait(timeout: .zero))
    }

    @Test("Reading a snapshot does not fire the signal; a stream in the same process does")
    func whoCounts() async throws {
        let (tracker, journal) = try make()
        _ = journal.snapshot()
        #expect(!tracker.startSignal.hasFired)
        do {
            var events = journal.events().makeAsyncIterator()
            _ = try await events.next(isolation: nil)
            #expect(tracker.startSignal.hasFired)
            #expect(journal.watcherCount == 1)
        }
        #expect(journal.watcherCount == 0)
    }

    @Test("A wait can time out, and the worker can continue")
    func timesOut() async throws {
        let (tracker, _) = try make()
        let waiting = Task { try await tracker.startSignal.wait(timeout: .seconds(5)) }
        await environment.time.sleepers(atLeast: 1)
        environment.time.advance(by: .seconds(5))
        #expect(try await waiting.value == false)
        #expect(tracker.update("Beginning all the same"))
    }

    @Test("A wait can be cancelled")
    func isCancellable() async throws {
        let (tracker, _) = try make()
        let waiting = Task { try await tracker.startSignal.wait() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
    }

    @Test("A wait throws if the operation ends without a watcher")
    func closesWithTheOperation() async throws {
        let (tracker, _) = try make()
        let waiting = Task { try await tracker.startSignal.wait() }
        tracker.succeed()
        await #expect(throws: ProgressError.self) { try await waiting.value }
    }
}
