// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// A publisher that a ``PublishScheduler`` calls at the end of an interval.
protocol ScheduledPublisher: AnyObject, Sendable {
    func publishDue()
}

/// A scheduler that publishes rapid changes at most once in each interval.
///
/// No task runs while nothing is due: the task lives from the first request to the first interval without requests.
final class PublishScheduler: Sendable {
    private struct State {
        var due: [any ScheduledPublisher] = []
        var isRunning = false
    }

    let interval: Duration
    private let clock: ProgressClock
    private let state = Mutex(State())

    init(interval: Duration, clock: ProgressClock) {
        self.interval = interval
        self.clock = clock
    }

    /// Calls the publisher at the end of the current interval; a publisher requests at most one call per interval.
    func schedule(_ publisher: any ScheduledPublisher) {
        let mustStart = state.withLock { state in
            state.due.append(publisher)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        guard mustStart else { return }
        Task.detached { await self.run() }
    }

    private func run() async {
        while true {
            // If the sleep fails, the publishing is early, which does no harm.
            try? await clock.sleep(clock.now() + interval)
            let due = state.withLock { state in
                defer { state.due = [] }
                state.isRunning = !state.due.isEmpty
                return state.due
            }
            if due.isEmpty { return }
            for publisher in due { publisher.publishDue() }
        }
    }
}
