// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HeapModule
import Synchronization

/// What a ``DeadlineScheduler`` calls.
protocol DeadlineHandler: AnyObject, Sendable {
    /// Whether a deadline still counts.
    func isCurrent(_ entry: DeadlineScheduler.Entry) -> Bool
    /// Does what is due for an operation.
    func deadlineReached(_ id: ProgressID)
}

/// Calls its handler when the next of many deadlines has come; one task, and none while there is no deadline.
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
        /// As many entries as make it worth while to look for those that are out of date.
        var nextSweep = DeadlineScheduler.shortestSweep
    }

    private static let shortestSweep = 1024

    private let clock: ProgressClock
    private let state = Mutex(State())

    init(clock: ProgressClock) {
        self.clock = clock
    }

    /// Sets what is called for each entry whose deadline has come, unless the entry is out of date; it is held weakly.
    func attach(_ handler: any DeadlineHandler) {
        state.withLock { $0.handler = handler }
    }

    deinit {
        state.withLock { $0.timer }?.cancel()
    }

    /// How many entries there are, those that are out of date among them.
    var count: Int { state.withLock { $0.heap.count } }

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

    /// Takes out what is out of date, each time after as many newcomers as there were left, so that it costs little.
    ///
    /// An operation that is over and starts anew leaves its deadlines behind, which may be a day away.
    private func sweep() {
        let (handler, entries) = state.withLock { state -> ((any DeadlineHandler)?, [Entry]) in
            guard state.heap.count >= state.nextSweep else { return (nil, []) }
            state.nextSweep = .max
            defer { state.heap = Heap() }
            return (state.handler, state.heap.unordered)
        }
        guard !entries.isEmpty else { return }
        // Outside the lock: whether an entry is current is for the handler to say.
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

    /// The task holds the scheduler weakly, so that a service that is released takes its timer with it.
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
            while let first = state.heap.min, first.deadline <= now { due.append(state.heap.removeMin()) }
            state.timer = nil
            state.timerDeadline = nil
            if let next = state.heap.min { startTimer(&state, until: next.deadline) }
            return (state.handler, due)
        }
        guard let handler else { return }
        for entry in due where handler.isCurrent(entry) { handler.deadlineReached(entry.id) }
    }
}
