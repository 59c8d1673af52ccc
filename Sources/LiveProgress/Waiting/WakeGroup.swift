// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// A group of signals that one call wakes.
///
/// A separate task visits the signals, so ``wake()`` takes the same time with 0 and with 100,000 signals (invariant 1).
package final class WakeGroup: ProgressWaker {
    private struct State {
        var signals: [ObjectIdentifier: WakeSignal] = [:]
        var isWalkPending = false
    }

    private let state = Mutex(State())

    /// Creates a group without signals.
    package init() {}

    /// The number of signals in the group.
    package var count: Int { state.withLock { $0.signals.count } }

    /// Adds a signal; each later ``wake()`` wakes the signal.
    package func add(_ signal: WakeSignal) {
        state.withLock { $0.signals[ObjectIdentifier(signal)] = signal }
    }

    /// Removes a signal; a wake that has already started may still reach the signal.
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

    /// Calls `look` now and after each wake, until `look` returns a value.
    ///
    /// - Parameters:
    ///   - deadline: The time to stop waiting, or `nil` to wait without a limit.
    ///   - clock: The clock that `deadline` belongs to.
    ///   - look: Returns the awaited value, or `nil` if the value is not available yet.
    /// - Returns: The value from `look`, or `nil` after the deadline.
    /// - Throws: `CancellationError` when the task is cancelled.
    package func wait<Value>(
        until deadline: Duration? = nil,
        on clock: ProgressClock = .system,
        for look: () -> Value?
    ) async throws(CancellationError) -> Value? {
        let signal = WakeSignal()
        // The signal is added before the first look, so that no wake is missed.
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
