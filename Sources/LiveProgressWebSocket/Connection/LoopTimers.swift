// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import NIOCore

/// An object with one timer on an event loop.
package protocol LoopTimed: AnyObject {
    /// The entry's place in the timers; only the timers change it.
    var timerPlace: LoopTimerPlace { get set }
    /// The timer has fired.
    func timerFired()
}

/// The place of an entry in the timers.
package struct LoopTimerPlace {
    fileprivate enum State { case idle, waiting(index: Int), due }
    fileprivate var state = State.idle
    fileprivate var tick = 0

    package init() {}
}

/// The timers of all connections of one event loop: a wheel of slots, one for each tick.
///
/// Starting and stopping a timer take constant time. Scheduled tasks of the event loop would take longer, because the loop
/// searches all tasks to cancel one. A timer never fires early, and fires at most one tick late. Belongs to its event loop.
package final class LoopTimers {
    private static let slotCount = 64

    private let eventLoop: any EventLoop
    private let tickLength: TimeAmount
    private let origin: NIODeadline
    private var slots: [ContiguousArray<any LoopTimed>]
    private var lastTick = 0
    private var count = 0
    private var isTicking = false

    package init(eventLoop: any EventLoop, tickLength: TimeAmount = .seconds(1)) {
        eventLoop.preconditionInEventLoop()
        self.eventLoop = eventLoop
        self.tickLength = tickLength
        self.origin = eventLoop.now
        self.slots = Array(repeating: [], count: Self.slotCount)
    }

    /// Starts the timer of an entry; replaces its running timer.
    package func start(_ entry: any LoopTimed, after time: TimeAmount) {
        stop(entry)
        if count == 0 { lastTick = currentTick }
        let elapsed = (eventLoop.now + time - origin).nanoseconds
        let tick = max(lastTick + 1, Int((elapsed + tickLength.nanoseconds - 1) / tickLength.nanoseconds))
        entry.timerPlace.tick = tick
        entry.timerPlace.state = .waiting(index: slots[tick % Self.slotCount].count)
        slots[tick % Self.slotCount].append(entry)
        count += 1
        scheduleTick()
    }

    /// Stops the timer of an entry, if it runs.
    package func stop(_ entry: any LoopTimed) {
        if case .waiting(let index) = entry.timerPlace.state {
            remove(at: index, from: entry.timerPlace.tick % Self.slotCount)
        }
        entry.timerPlace.state = .idle
    }

    private func remove(at index: Int, from slot: Int) {
        let last = slots[slot].removeLast()
        if index < slots[slot].count {
            slots[slot][index] = last
            last.timerPlace.state = .waiting(index: index)
        }
        count -= 1
    }

    private var currentTick: Int { Int((eventLoop.now - origin).nanoseconds / tickLength.nanoseconds) }

    private func scheduleTick() {
        guard !isTicking, count > 0 else { return }
        isTicking = true
        let deadline = origin + TimeAmount.nanoseconds(tickLength.nanoseconds * Int64(lastTick + 1))
        _ = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.turn() }
    }

    private func turn() {
        isTicking = false
        let now = max(currentTick, lastTick)
        var due: [any LoopTimed] = []
        for tick in max(lastTick + 1, now - Self.slotCount + 1)...max(now, lastTick + 1) where tick <= now {
            takeDue(until: now, from: tick % Self.slotCount, into: &due)
        }
        lastTick = now
        for entry in due {
            // An entry that fired earlier may have stopped this one.
            guard case .due = entry.timerPlace.state else { continue }
            entry.timerPlace.state = .idle
            entry.timerFired()
        }
        scheduleTick()
    }

    private func takeDue(until now: Int, from slot: Int, into due: inout [any LoopTimed]) {
        for index in slots[slot].indices.reversed() where slots[slot][index].timerPlace.tick <= now {
            let entry = slots[slot][index]
            remove(at: index, from: slot)
            entry.timerPlace.state = .due
            due.append(entry)
        }
    }
}
