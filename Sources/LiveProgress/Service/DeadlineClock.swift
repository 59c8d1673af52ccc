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
    }

    private let clock: ProgressClock
    private let isDue: @Sendable (Entry) -> Void
    private let state = Mutex(State())

    /// A clock that hands each entry to `isDue` when its deadline has come.
    init(clock: ProgressClock, isDue: @escaping @Sendable (Entry) -> Void) {
        self.clock = clock
        self.isDue = isDue
    }

    deinit {
        state.withLock { $0.timer }?.cancel()
    }

    func schedule(_ id: ProgressID, at deadline: Duration) {
        let outdated = state.withLock { state -> Task<Void, Never>? in
            state.heap.insert(Entry(deadline: deadline, id: id))
            if let timerDeadline = state.timerDeadline, timerDeadline <= deadline { return nil }
            defer { startTimer(&state, until: deadline) }
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
        for entry in due { isDue(entry) }
    }
}
