// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HeapModule
import Synchronization

/// Calls back when the next of many deadlines has come; one task, and none while there is no deadline.
final class DeadlineClock: Sendable {
    struct Entry: Comparable, Sendable {
        let deadline: Duration
        let id: ProgressID

        static func < (left: Entry, right: Entry) -> Bool { left.deadline < right.deadline }
    }

    private struct State {
        var heap = Heap<Entry>()
        var timer: Task<Void, Never>?
        var timerDeadline: Duration?
        /// As many entries as make it worth while to look for those that are out of date.
        var nextSweep = DeadlineClock.shortestSweep
    }

    private static let shortestSweep = 1024

    private let clock: ProgressClock
    private let isCurrent: @Sendable (Entry) -> Bool
    private let isDue: @Sendable (Entry) -> Void
    private let state = Mutex(State())

    /// A clock that hands each entry to `isDue` when its deadline has come, unless it is not current any more.
    init(
        clock: ProgressClock,
        isCurrent: @escaping @Sendable (Entry) -> Bool,
        isDue: @escaping @Sendable (Entry) -> Void
    ) {
        self.clock = clock
        self.isCurrent = isCurrent
        self.isDue = isDue
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
        let entries = state.withLock { state -> [Entry] in
            guard state.heap.count >= state.nextSweep else { return [] }
            state.nextSweep = .max
            defer { state.heap = Heap() }
            return state.heap.unordered
        }
        guard !entries.isEmpty else { return }
        // Outside the lock: whether one is current is for others to say.
        let current = entries.filter(isCurrent)
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

    /// The task holds the clock weakly, so that a service that is released takes its timer with it.
    private func startTimer(_ state: inout State, until deadline: Duration) {
        state.timerDeadline = deadline
        state.timer = Task.detached { [weak self, clock] in
            do { try await clock.sleep(deadline) } catch { return }
            self?.fire()
        }
    }

    private func fire() {
        let now = clock.now()
        let due = state.withLock { state -> [Entry] in
            var due: [Entry] = []
            while let first = state.heap.min, first.deadline <= now { due.append(state.heap.removeMin()) }
            state.timer = nil
            state.timerDeadline = nil
            if let next = state.heap.min { startTimer(&state, until: next.deadline) }
            return due
        }
        for entry in due where isCurrent(entry) { isDue(entry) }
    }
}
