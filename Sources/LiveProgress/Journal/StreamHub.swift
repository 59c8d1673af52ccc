// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// Wakes all streams of one journal in this process.
///
/// For the journal it is one waker, however many streams there are: the walk over them is a task of its own, so that
/// an update costs the reporter the same with none and with 100,000 (invariant 1).
final class StreamHub: ProgressWaker {
    private struct State {
        var streams: [UInt64: StreamSignal] = [:]
        var nextStream: UInt64 = 0
        var isWalkPending = false
    }

    private let state = Mutex(State())

    /// Adds a stream and gives its number.
    func add(_ signal: StreamSignal) -> UInt64 {
        state.withLock { state in
            state.nextStream += 1
            state.streams[state.nextStream] = signal
            return state.nextStream
        }
    }

    /// Removes a stream.
    func remove(_ number: UInt64) {
        state.withLock { _ = $0.streams.removeValue(forKey: number) }
    }

    func wake() {
        let mustWalk = state.withLock { state in
            guard !state.isWalkPending, !state.streams.isEmpty else { return false }
            state.isWalkPending = true
            return true
        }
        guard mustWalk else { return }
        Task.detached {
            let signals = self.state.withLock { state in
                state.isWalkPending = false
                return Array(state.streams.values)
            }
            for signal in signals { signal.set() }
        }
    }
}

/// A flag that one task waits for: set by any thread, taken by the waiter.
final class StreamSignal: ProgressWaker {
    private struct State {
        var isSet = false
        var isCancelled = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Sets the flag, or lets the waiter go.
    func set() {
        let waiter = state.withLock { state in
            if state.waiter == nil { state.isSet = true }
            return state.waiter.take()
        }
        waiter?.resume()
    }

    func wake() { set() }

    /// Returns once the flag is set, which it then no longer is, or at once when the task is cancelled.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    guard !state.isSet, !state.isCancelled else {
                        state.isSet = false
                        return true
                    }
                    state.waiter = continuation
                    return false
                }
                if goesOn { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.isCancelled = true
                return state.waiter.take()
            }
            waiter?.resume()
        }
    }
}
