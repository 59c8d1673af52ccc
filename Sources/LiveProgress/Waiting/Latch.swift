// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// A one-shot signal with any number of waiters; it either fires once, or is closed and never fires.
final class Latch: Sendable {
    /// The outcome, or `nil` while the latch can still fire.
    private let verdict = Mutex<Result<Void, ProgressError>?>(nil)
    private let waiters = WakeGroup()

    var hasFired: Bool {
        verdict.withLock { if case .success = $0 { true } else { false } }
    }

    /// Fires the latch: all current and later waiters return.
    func fire() {
        decide(.success(()))
    }

    /// Closes the latch: all current and later waiters throw `reason`; has no effect after ``fire()``.
    func close(_ reason: ProgressError) {
        decide(.failure(reason))
    }

    private func decide(_ outcome: Result<Void, ProgressError>) {
        let isFirst = verdict.withLock { verdict in
            guard verdict == nil else { return false }
            verdict = outcome
            return true
        }
        if isFirst { waiters.wake() }
    }

    /// Returns when the latch has fired; throws if the latch is closed or the task is cancelled.
    func wait() async throws {
        try await waiters.wait { verdict.withLock(\.self) }?.get()
    }

    /// Returns whether the latch fired before `deadline`; throws as ``wait()`` does.
    func wait(until deadline: Duration, on clock: ProgressClock) async throws -> Bool {
        if hasFired { return true }
        return try await waiters.wait(until: deadline, on: clock) { verdict.withLock(\.self) }?.get() != nil
    }
}
