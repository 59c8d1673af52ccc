// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// A flag that one task waits for: any thread sets it, and the waiting task takes it.
///
/// A flag that is set before the wait begins ends the wait at once. So a task that looks, waits and looks again misses
/// nothing.
package final class WakeSignal: ProgressWaker {
    private struct State {
        var isSet = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// A signal that is not set.
    package init() {}

    /// Sets the flag and resumes the waiting task.
    package func wake() {
        let waiter = state.withLock { state in
            state.isSet = true
            return state.waiter.take()
        }
        waiter?.resume()
    }

    /// Waits for the flag and takes it; for one task at a time.
    ///
    /// - Returns: Whether the flag was set; `false` when the task is cancelled.
    package func wait() async -> Bool {
        if take() { return true }
        await suspend()
        return take()
    }

    /// Waits as ``wait()`` does, until a time of the clock at most.
    package func wait(until deadline: Duration, on clock: ProgressClock) async -> Bool {
        if take() { return true }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.suspend() }
            group.addTask { try? await clock.sleep(deadline) }
            await group.next()
            group.cancelAll()
        }
        return take()
    }

    private func take() -> Bool {
        state.withLock { state in
            defer { state.isSet = false }
            return state.isSet
        }
    }

    private func suspend() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard !state.isSet, !Task.isCancelled else { return true }
                    state.waiter = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            // The task is marked as cancelled before this runs: either the waiter is here, or it sees the mark.
            state.withLock { $0.waiter.take() }?.resume()
        }
    }
}
