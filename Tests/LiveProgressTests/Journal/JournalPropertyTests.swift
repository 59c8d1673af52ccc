// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressTesting
import Testing

/// Random runs of an operation with watchers that join, fall behind, disconnect and resume.
///
/// A model remembers every revision that any watcher has received.
@Suite("Journal, cursors and resume under random interleavings")
struct JournalPropertyTests {
    /// A watcher with its position, and the checks of what it receives.
    private struct Watcher {
        var cursor: ProgressCursor?
        var position: UInt64?
        var hasEnded = false

        mutating func take(_ reading: ProgressReading, world: inout World, isFirst: Bool) throws {
            for (index, event) in reading.events.enumerated() {
                let revision = event.snapshot.revision
                if let seen = cursor?.revision {
                    // Invariant 3: revisions increase strictly, no revision repeats, and every gap is reported.
                    try #require(revision > seen)
                    try #require(revision == seen + 1 + event.skipped)
                    if isFirst, index == 0 { try #require(event.resumed == (event.skipped == 0)) }
                }
                try #require(!hasEnded)
                hasEnded = event.kind == .end
                cursor = event.snapshot.cursor
                try world.remember(event.snapshot)
            }
            // Invariant 2: a reading reaches the newest revision.
            try #require(reading.position == cursor?.revision)
            position = reading.position
        }
    }

    private struct World {
        var seen: [UInt64: ProgressSnapshot] = [:]

        /// Records a snapshot; a revision must have the same values in every reading.
        mutating func remember(_ snapshot: ProgressSnapshot) throws {
            if let known = seen[snapshot.revision] { try #require(known == snapshot) }
            seen[snapshot.revision] = snapshot
        }
    }

    @Test("Invariants 2 to 6 hold in every random run", arguments: 0..<400 as Range<UInt64>)
    func randomLife(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let capacity = Int.random(in: 1...12, using: &random)
        let environment = TestService(capacity: capacity)
        let tracker = try environment.service.createProgress(id: id("op"))
        let journal = try environment.service.getJournal(id("op"))
        var world = World()
        var watchers = [Watcher](repeating: Watcher(), count: 4)
        var transitions = 0

        for _ in 0..<200 {
            environment.time.advance(by: .milliseconds(Int.random(in: 0...50, using: &random)))
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<30:
                transitions += 1
                tracker.update("Step \(transitions)")
            case 30..<55: tracker.advance(by: Int64.random(in: 0...9, using: &random))
            case 55..<56: tracker.end([.succeeded(), .failed(.abandoned), .cancelled].randomElement(using: &random)!)
            case 56..<70: watchers[Int.random(in: 0..<4, using: &random)].position = nil
            default:
                let index = Int.random(in: 0..<4, using: &random)
                let reading =
                    watchers[index].position.map(journal.read(after:)) ?? journal.open(at: watchers[index].cursor)
                try watchers[index].take(reading, world: &world, isFirst: watchers[index].position == nil)
            }
        }
        tracker.succeed()

        // Invariant 5: every watcher receives the same end, whether connected or resumed.
        let end = journal.snapshot()
        for index in watchers.indices {
            let reading = watchers[index].position.map(journal.read(after:)) ?? journal.open(at: watchers[index].cursor)
            try watchers[index].take(reading, world: &world, isFirst: watchers[index].position == nil)
            #expect(watchers[index].hasEnded)
            #expect(watchers[index].cursor == end.cursor)
            #expect(reading.isFinished)
        }
        // Invariant 6: nothing changes an operation after its end.
        #expect(!tracker.update("Too late"))
        #expect(journal.snapshot() == end)
    }

    @Test(
        "A resumed watcher receives exactly the missed revisions if the journal still has them",
        arguments: 0..<100 as Range<UInt64>
    )
    func exactReplay(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let capacity = Int.random(in: 1...20, using: &random)
        let environment = TestService(capacity: capacity)
        let tracker = try environment.service.createProgress(id: id("op"))
        let journal = try environment.service.getJournal(id("op"))
        var all = [journal.snapshot()]
        for step in 0..<Int.random(in: 1...40, using: &random) {
            if Bool.random(using: &random) { tracker.advance() } else { tracker.update("Step \(step)") }
            all.append(journal.snapshot())
        }
        let left = Int.random(in: 0..<all.count, using: &random)
        let reading = journal.open(at: all[left].cursor)
        let missed = all.count - 1 - left
        if missed <= capacity {
            #expect(reading.events.map(\.snapshot) == Array(all[(left + 1)...]))
        } else {
            #expect(reading.events.map(\.snapshot) == [all[all.count - 1]])
            #expect(reading.events.first?.resumed == false)
            #expect(reading.events.first?.skipped == UInt64(missed - 1))
        }
    }
}
