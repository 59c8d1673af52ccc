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

    @Test("Every waiter gets it when the first watcher is there")
    func allWaiters() async throws {
        let (tracker, journal) = try make()
        let waiters = (0..<10).map { _ in Task { try await tracker.startSignal.wait() } }
        journal.watcherJoined()
        for waiter in waiters { try await waiter.value }
        #expect(tracker.startSignal.hasFired)
    }

    @Test("It fires at once where someone has watched, though nobody does any more")
    func firesForLateWaiters() async throws {
        let (tracker, journal) = try make()
        journal.watcherJoined()
        journal.watcherLeft()
        #expect(journal.watcherCount == 0)
        try await tracker.startSignal.wait()
        #expect(try await tracker.startSignal.wait(timeout: .zero))
    }

    @Test("Looking once without staying fires nothing; a stream in this process does")
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

    @Test("A wait can time out, and the worker goes on")
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

    @Test("Nobody waits for ever for an operation that ended unwatched, or was deleted")
    func closesWithTheOperation() async throws {
        let (tracker, _) = try make()
        let waiting = Task { try await tracker.startSignal.wait() }
        tracker.succeed()
        await #expect(throws: ProgressError.self) { try await waiting.value }
    }
}
