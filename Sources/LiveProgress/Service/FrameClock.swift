// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// Someone who has something to publish at the next frame.
protocol FrameMember: AnyObject, Sendable {
    func frame()
}

/// Publishes what changes faster than anybody can look: at most one frame for each interval.
///
/// Nothing runs while nothing is due: the task lives from the first member's request to the first idle interval.
final class FrameClock: Sendable {
    private struct State {
        var due: [any FrameMember] = []
        var isRunning = false
    }

    let interval: Duration
    private let clock: ProgressClock
    private let state = Mutex(State())

    init(interval: Duration, clock: ProgressClock) {
        self.interval = interval
        self.clock = clock
    }

    /// Calls the member's `frame()` at the end of the current interval; a member asks once for each frame.
    func schedule(_ member: any FrameMember) {
        let mustStart = state.withLock { state in
            state.due.append(member)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        guard mustStart else { return }
        Task.detached { await self.run() }
    }

    private func run() async {
        while true {
            // A sleep that fails only makes the frame early.
            try? await clock.sleep(clock.now() + interval)
            let due = state.withLock { state in
                defer { state.due = [] }
                state.isRunning = !state.due.isEmpty
                return state.due
            }
            if due.isEmpty { return }
            for member in due { member.frame() }
        }
    }
}
