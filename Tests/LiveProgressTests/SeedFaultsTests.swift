// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Synchronization
import Testing

/// The faults of the first design that can be tested without sockets; LiveProgressNIOTests covers them over sockets.
@Suite("Faults of the first design")
struct SeedFaultsTests {
    private let environment = TestService(capacity: 8)

    /// A waker whose watcher never reads.
    private final class Sleeper: ProgressWaker {
        func wake() {}
    }

    private func make() throws -> (ProgressTracker, ProgressJournal) {
        let tracker = try environment.service.createProgress(id: id("op"))
        return (tracker, try environment.service.getJournal(id("op")))
    }

    @Test("Invariant 1: a watcher that never reads does not slow the worker, and has no growing queue")
    func slowWatcher() throws {
        let (tracker, journal) = try make()
        _ = journal.subscribe(Sleeper())
        let position = journal.open(at: nil).position
        for step in 1...10_000 { #expect(tracker.update("Step \(step)")) }
        #expect(journal.read(after: position).events.count == 1)
    }

    @Test("Invariant 1: a waker may call the journal without a deadlock")
    func wakerMayCallBack() throws {
        final class Caller: ProgressWaker {
            let journal: ProgressJournal
            let seen = Mutex<[UInt64]>([])
            init(_ journal: ProgressJournal) { self.journal = journal }
            func wake() {
                let revision = journal.snapshot().revision
                seen.withLock { $0.append(revision) }
            }
        }
        let (tracker, journal) = try make()
        let caller = Caller(journal)
        _ = journal.subscribe(caller)
        tracker.update("One")
        tracker.update("Two")
        #expect(caller.seen.withLock { $0 } == [1, 2])
    }

    @Test("A watcher that disconnects leaves no state behind")
    func vanished() async throws {
        let (tracker, journal) = try make()
        for _ in 0..<100 {
            let task = Task {
                var count = 0
                for try await _ in journal.events() { count += 1 }
                return count
            }
            task.cancel()
            _ = try await task.value
        }
        #expect(journal.watcherCount == 0)
        #expect(tracker.update("Going on"))
    }

    @Test("Revisions are ordered, and a gap is visible")
    func orderAndGaps() throws {
        let (tracker, journal) = try make()
        for step in 1...20 { tracker.update("Step \(step)") }
        let event = try #require(journal.read(after: 3).events.first)
        #expect(event.snapshot.revision == 20)
        #expect(event.skipped == 16)
    }

    @Test("A late watcher receives the end of an ended operation")
    func thereIsAnEnd() async throws {
        let (tracker, journal) = try make()
        tracker.fail(ProgressProblem(title: "Disk full"))
        var events: [ProgressEvent] = []
        for try await event in journal.events() { events.append(event) }
        #expect(events.map(\.kind) == [.end])
        #expect(events.first?.snapshot.error?.title == "Disk full")
    }

    @Test("A local watcher receives the current state and all later states in order, up to the end")
    func streams() async throws {
        let (tracker, _) = try make()
        tracker.update("Before")
        let states = Task { [service = environment.service] in
            var states: [String] = []
            for try await snapshot in try service.stream(id("op")) { states.append(snapshot.state) }
            return states
        }
        try await tracker.startSignal.wait()
        for step in 1...5 { tracker.update("Step \(step)") }
        tracker.succeed()
        #expect(try await states.value == ["Before", "Step 1", "Step 2", "Step 3", "Step 4", "Step 5", "Succeeded"])
    }
}
