// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// Wakes any number of waiting tasks by one call.
///
/// The walk over the signals is a task of its own, so that waking takes the caller the same time with none and with
/// 100,000 of them (invariant 1).
package final class WakeGroup: ProgressWaker {
    private struct State {
        var signals: [ObjectIdentifier: WakeSignal] = [:]
        var isWalkPending = false
    }

    private let state = Mutex(State())

    /// A group without signals.
    package init() {}

    /// How many signals there are.
    package var count: Int { state.withLock { $0.signals.count } }

    /// Wakes a signal by each wake of the group from now on.
    package func add(_ signal: WakeSignal) {
        state.withLock { $0.signals[ObjectIdentifier(signal)] = signal }
    }

    /// Removes a signal; a wake that is under way may still reach it.
    package func remove(_ signal: WakeSignal) {
        state.withLock { _ = $0.signals.removeValue(forKey: ObjectIdentifier(signal)) }
    }

    /// Wakes all signals.
    package func wake() {
        let mustWalk = state.withLock { state in
            guard !state.isWalkPending, !state.signals.isEmpty else { return false }
            state.isWalkPending = true
            return true
        }
        guard mustWalk else { return }
        Task.detached {
            let signals = self.state.withLock { state in
                state.isWalkPending = false
                return Array(state.signals.values)
            }
            for signal in signals { signal.wake() }
        }
    }

    /// Looks now and after each wake, until there is something to see.
    ///
    /// - Parameters:
    ///   - deadline: When to stop waiting; `nil` for never.
    ///   - clock: The clock of the deadline.
    ///   - look: Gives what is waited for, or `nil` where it is not there yet.
    /// - Returns: What was seen, or `nil` after the deadline.
    /// - Throws: `CancellationError` when the task is cancelled.
    package func wait<Value>(
        until deadline: Duration? = nil,
        on clock: ProgressClock = .system,
        for look: () -> Value?
    ) async throws(CancellationError) -> Value? {
        let signal = WakeSignal()
        // Added before the first look, so that no wake falls between.
        add(signal)
        defer { remove(signal) }
        while !Task.isCancelled {
            if let value = look() { return value }
            guard let deadline else {
                _ = await signal.wait()
                continue
            }
            let isWoken = await signal.wait(until: deadline, on: clock)
            if !isWoken, !Task.isCancelled { return nil }
        }
        throw CancellationError()
    }
}
