// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@_spi(Server) import LiveProgress
import LiveProgressTesting
import Synchronization
import Testing

@Suite("Waking of watchers")
struct WakingTests {
    private let environment = TestService()
    private var time: ManualClock { environment.time }

    private func make() throws -> (ProgressTracker, ProgressJournal) {
        let tracker = try environment.service.createProgress(id: id("op"))
        return (tracker, try environment.service.getJournal(tracker.id))
    }

    /// A waker that counts its wakes and yields each count.
    private final class Waker: ProgressWaker {
        let wakes = AsyncStream<Int>.makeStream()
        private let number = Atomic<Int>(0)
        var count: Int { number.load(ordering: .relaxed) }
        func wake() { wakes.continuation.yield(number.add(1, ordering: .relaxed).newValue) }
    }

    @Test("A watcher is woken once, and woken again only after a read of the journal")
    func onceForEachReading() throws {
        let (tracker, journal) = try make()
        let waker = Waker()
        _ = journal.subscribe(waker)
        for step in 1...3 { tracker.update("Step \(step)") }
        #expect(waker.count == 1)
        #expect(journal.read(after: 0).events.count == 3)
        for step in 4...6 { tracker.update("Step \(step)") }
        #expect(waker.count == 2)
        tracker.succeed()
        #expect(waker.count == 2)
        #expect(journal.read(after: 3).isFinished)
    }

    @Test("A watcher that subscribes while revisions are unread is woken by the next report")
    func newcomer() throws {
        let (tracker, journal) = try make()
        let (first, second) = (Waker(), Waker())
        _ = journal.subscribe(first)
        tracker.update("One")
        let subscription = journal.subscribe(second)
        tracker.update("Two")
        #expect(second.count == 1)
        journal.unsubscribe(subscription)
        tracker.update("Three")
        #expect(second.count == 1)
        #expect(first.count == 3)
    }

    @Test("A watcher that subscribes between ticks is woken by the next tick")
    func newcomerWhileCounting() throws {
        let (tracker, journal) = try make()
        for _ in 0..<3 { tracker.advance() }
        let waker = Waker()
        _ = journal.subscribe(waker)
        tracker.advance()
        #expect(waker.count == 1)
        #expect(journal.snapshot().counts?.completedCount == 4)
    }

    @Test("A tick that another reader has sealed still wakes the watchers, at the end of its frame")
    func readBySomebodyElse() async throws {
        let (tracker, journal) = try make()
        let waker = Waker()
        _ = journal.subscribe(waker)
        var wakes = waker.wakes.stream.makeAsyncIterator()
        tracker.advance()
        #expect(await wakes.next() == 1)
        let position = journal.read(after: 0).position
        tracker.advance(by: 6)
        await time.sleepers(atLeast: 1)
        #expect(journal.snapshot().counts?.completedCount == 7)
        time.advance(by: .milliseconds(33))
        #expect(await wakes.next() == 2)
        #expect(journal.read(after: position).events.map(\.snapshot.counts?.completedCount) == [7])
    }

    @Test("Operations without counts or without watchers use no timer")
    func idle() throws {
        final class Sleeps: Sendable { let count = Atomic<Int>(0) }
        let sleeps = Sleeps()
        let environment = TestService { configuration in
            let clock = configuration.clock
            configuration.clock = ProgressClock(
                now: clock.now,
                date: clock.date,
                sleep: { deadline in
                    sleeps.count.wrappingAdd(1, ordering: .relaxed)
                    try await clock.sleep(deadline)
                }
            )
        }
        let trackers = try (0..<100).map { _ in try environment.service.createProgress() }
        for tracker in trackers {
            tracker.update("Working")
            for _ in 0..<10 { tracker.advance() }
        }
        #expect(sleeps.count.load(ordering: .relaxed) == 0)
        #expect(trackers.allSatisfy { $0.snapshot()?.counts?.completedCount == 10 })
    }
}
