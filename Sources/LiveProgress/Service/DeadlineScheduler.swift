// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HeapModule
import Synchronization

/// The handler of a ``DeadlineScheduler``.
protocol DeadlineHandler: AnyObject, Sendable {
    /// Returns whether an entry is still valid.
    func isCurrent(_ entry: DeadlineScheduler.Entry) -> Bool
    /// Handles a deadline of an operation.
    func deadlineReached(_ id: ProgressID)
}

/// A scheduler of many deadlines; it runs one timer task, and no task while there are no deadlines.
final class DeadlineScheduler: Sendable {
    struct Entry: Comparable, Sendable {
        let deadline: Duration
        let id: ProgressID

        static func < (left: Entry, right: Entry) -> Bool { left.deadline < right.deadline }
    }

    private struct State {
        weak var handler: (any DeadlineHandler)?
        var heap = Heap<Entry>()
        var timer: Task<Void, Never>?
        var timerDeadline: Duration?
        /// Whether the deadlines that come wait until ``release()``.
        var isHeld = false
        /// The number of entries at which the next sweep removes outdated entries.
        var nextSweep = DeadlineScheduler.shortestSweep
    }

    private static let shortestSweep = 1024

    private let clock: ProgressClock
    private let state = Mutex(State())

    init(clock: ProgressClock) {
        self.clock = clock
    }

    /// Sets the handler, held weakly; the handler is called for each valid entry whose deadline has come.
    func attach(_ handler: any DeadlineHandler) {
        state.withLock { $0.handler = handler }
    }

    deinit {
        state.withLock { $0.timer }?.cancel()
    }

    /// The number of entries, including outdated ones.
    var count: Int { state.withLock { $0.heap.count } }

    /// Whether the deadlines that come wait until ``release()``.
    var isHeld: Bool { state.withLock(\.isHeld) }

    /// Lets the deadlines that come wait until ``release()``.
    func hold() { state.withLock { $0.isHeld = true } }

    /// Handles the deadlines that have come meanwhile, and the later ones in time.
    func release() {
        let outdated = state.withLock { state -> Task<Void, Never>? in
            guard state.isHeld else { return nil }
            state.isHeld = false
            guard let first = state.heap.min else { return nil }
            defer { startTimer(&state, until: first.deadline) }
            return state.timer
        }
        outdated?.cancel()
    }

    func schedule(_ id: ProgressID, at deadline: Duration) {
        defer { sweep() }
        let outdated = state.withLock { state -> Task<Void, Never>? in
            state.heap.insert(Entry(deadline: deadline, id: id))
            if let timerDeadline = state.timerDeadline, timerDeadline <= deadline { return nil }
            defer { startTimer(&state, until: deadline) }
            return state.timer
        }
        outdated?.cancel()
    }

    /// Removes outdated entries whenever the number of entries has doubled, so that the amortised cost is constant.
    ///
    /// An operation that has ended and is created again leaves its old deadlines behind; they may be a day away.
    private func sweep() {
        let (handler, entries) = state.withLock { state -> ((any DeadlineHandler)?, [Entry]) in
            guard state.heap.count >= state.nextSweep else { return (nil, []) }
            state.nextSweep = .max
            defer { state.heap = Heap() }
            return (state.handler, state.heap.unordered)
        }
        guard !entries.isEmpty else { return }
        // Outside the lock, because the handler takes its own lock.
        let current = entries.filter { handler?.isCurrent($0) ?? false }
        let outdated = state.withLock { state -> Task<Void, Never>? in
            state.heap.insert(contentsOf: current)
            state.nextSweep = max(Self.shortestSweep, 2 * state.heap.count)
            guard let first = state.heap.min, first.deadline < state.timerDeadline ?? .seconds(Int64.max) else {
                return nil
            }
            defer { startTimer(&state, until: first.deadline) }
            return state.timer
        }
        outdated?.cancel()
    }

    /// Starts the timer task; the task holds the scheduler weakly, so that releasing the service ends the timer.
    private func startTimer(_ state: inout State, until deadline: Duration) {
        state.timerDeadline = deadline
        state.timer = Task.detached { [weak self, clock] in
            do { try await clock.sleep(deadline) } catch { return }
            self?.fire()
        }
    }

    private func fire() {
        let now = clock.now()
        let (handler, due) = state.withLock { state -> ((any DeadlineHandler)?, [Entry]) in
            var due: [Entry] = []
            state.timer = nil
            state.timerDeadline = nil
            guard !state.isHeld else { return (nil, []) }
            while let first = state.heap.min, first.deadline <= now { due.append(state.heap.removeMin()) }
            if let next = state.heap.min { startTimer(&state, until: next.deadline) }
            return (state.handler, due)
        }
        guard let handler else { return }
        for entry in due where handler.isCurrent(entry) { handler.deadlineReached(entry.id) }
    }
}
