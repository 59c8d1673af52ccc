// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// A flag that one task waits for; any thread can set the flag, and the waiting task clears it.
///
/// If the flag is set before the wait begins, the wait returns immediately. A task that looks, waits and looks again
/// therefore misses no change.
package final class WakeSignal: ProgressWaker {
    private struct State {
        var isSet = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Creates a signal that is not set.
    package init() {}

    /// Sets the flag and resumes the waiting task.
    package func wake() {
        let waiter = state.withLock { state in
            state.isSet = true
            return state.waiter.take()
        }
        waiter?.resume()
    }

    /// Waits until the flag is set, and clears the flag; only one task may wait at a time.
    ///
    /// - Returns: `true` if the flag was set; `false` if the task was cancelled first.
    package func wait() async -> Bool {
        if take() { return true }
        await suspend()
        return take()
    }

    /// Waits as ``wait()`` does, at most until `deadline` on `clock`.
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
            // The task is marked as cancelled before this runs: either `waiter` is set, or `suspend()` sees the mark.
            state.withLock { $0.waiter.take() }?.resume()
        }
    }
}
