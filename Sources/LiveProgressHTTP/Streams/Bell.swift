// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Synchronization

/// Rung when there may be something new to do; whoever waits for it goes on.
///
/// A ring stays until it is cleared, so none between a look and the wait after it gets lost:
/// clear, look, and only then wait.
final class Bell: ProgressWaker {
    private struct State {
        var isRung = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Rings.
    func wake() {
        let waiter = state.withLock { state in
            state.isRung = true
            return state.waiter.take()
        }
        waiter?.resume()
    }

    /// Forgets rings so far.
    func clear() {
        state.withLock { $0.isRung = false }
    }

    /// Waits for a ring, until a time of the clock at most; a cancelled task waits no more.
    ///
    /// - Returns: Whether the bell was rung.
    func wait(until deadline: Duration, on clock: ProgressClock) async -> Bool {
        if state.withLock({ $0.isRung }) { return true }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.ring() }
            group.addTask { try? await clock.sleep(deadline) }
            await group.next()
            group.cancelAll()
        }
        return state.withLock { $0.isRung }
    }

    /// Waits for a ring; for one reader at a time.
    private func ring() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard !state.isRung, !Task.isCancelled else { return true }
                    state.waiter = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            // The flag of the task is set before this runs: either the waiter is there, or it sees the flag.
            state.withLock { $0.waiter.take() }?.resume()
        }
    }
}
