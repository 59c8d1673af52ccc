// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressTesting
import NIOCore
import NIOEmbedded
import Testing

@testable import LiveProgressWebSocket

@Suite("The timers of an event loop")
struct LoopTimersTests {
    final class Entry: LoopTimed {
        var timerPlace = LoopTimerPlace()
        var onFire: (Entry) -> Void
        var count = 0

        init(onFire: @escaping (Entry) -> Void = { _ in }) {
            self.onFire = onFire
        }

        func timerFired() {
            count += 1
            onFire(self)
        }
    }

    @Test("A timer fires once, never early and at most one tick late", arguments: [0, 1, 25, 63, 64, 65, 200])
    func fires(seconds: Int64) {
        let loop = EmbeddedEventLoop()
        loop.advanceTime(by: .milliseconds(300))
        let timers = LoopTimers(eventLoop: loop)
        loop.advanceTime(by: .milliseconds(400))
        let entry = Entry()
        timers.start(entry, after: .seconds(seconds))
        loop.advanceTime(by: .seconds(seconds) - .milliseconds(1))
        #expect(entry.count == 0)
        loop.advanceTime(by: .milliseconds(1001))
        #expect(entry.count == 1)
        loop.advanceTime(by: .seconds(300))
        #expect(entry.count == 1)
    }

    @Test("A stopped timer does not fire, even if another timer stops it in the same tick")
    func stops() {
        let loop = EmbeddedEventLoop()
        let timers = LoopTimers(eventLoop: loop)
        let stopped = Entry()
        timers.start(stopped, after: .seconds(5))
        timers.stop(stopped)
        let entries = (0..<10).map { _ in Entry() }
        for entry in entries {
            entry.onFire = { fired in for other in entries where other !== fired { timers.stop(other) } }
            timers.start(entry, after: .seconds(5))
        }
        loop.advanceTime(by: .seconds(100))
        #expect(stopped.count == 0)
        #expect(entries.map(\.count).reduce(0, +) == 1)
    }

    @Test("Restarting a timer replaces its earlier start; a timer may restart itself when it fires")
    func restarts() {
        let loop = EmbeddedEventLoop()
        let timers = LoopTimers(eventLoop: loop)
        let entry = Entry { timers.start($0, after: .seconds(10)) }
        for _ in 0..<5 {
            timers.start(entry, after: .seconds(10))
            loop.advanceTime(by: .seconds(5))
        }
        #expect(entry.count == 0)
        loop.advanceTime(by: .seconds(45))
        #expect(entry.count == 5)
    }

    @Test("After random starts and stops, exactly the due timers fire", arguments: 0..<20 as Range<UInt64>)
    func random(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let loop = EmbeddedEventLoop()
        let timers = LoopTimers(eventLoop: loop)
        let entries = (0..<50).map { _ in Entry() }
        var due: [Int: Int64] = [:]
        var expected = Array(repeating: 0, count: entries.count)
        var now: Int64 = 0
        for _ in 0..<500 {
            let index = Int.random(in: 0..<entries.count, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0:
                timers.stop(entries[index])
                due[index] = nil
            case 1:
                let seconds = Int64.random(in: 1...150, using: &generator)
                timers.start(entries[index], after: .seconds(seconds))
                due[index] = now + seconds
            default:
                let step = Int64.random(in: 0...20, using: &generator)
                loop.advanceTime(by: .seconds(step))
                now += step
                for (index, time) in due where time <= now {
                    expected[index] += 1
                    due[index] = nil
                }
                #expect(entries.map(\.count) == expected)
            }
        }
    }
}
