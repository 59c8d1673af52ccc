// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// A signal that fires once, for any number of waiters: now, later, or never.
final class Latch: Sendable {
    /// How it turned out, or `nil` while it may still fire.
    private let verdict = Mutex<Result<Void, ProgressError>?>(nil)
    private let waiters = WakeGroup()

    var hasFired: Bool {
        verdict.withLock { if case .success = $0 { true } else { false } }
    }

    /// Resumes all that wait, and all that will.
    func fire() {
        decide(.success(()))
    }

    /// Tells all that wait, and all that will, that it will never fire; nothing where it has fired.
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

    /// Returns when the latch has fired; throws where it never will, or when the task is cancelled.
    func wait() async throws {
        try await waiters.wait { verdict.withLock(\.self) }?.get()
    }

    /// Whether the latch fired before a time; throws as ``wait()`` does.
    func wait(until deadline: Duration, on clock: ProgressClock) async throws -> Bool {
        if hasFired { return true }
        return try await waiters.wait(until: deadline, on: clock) { verdict.withLock(\.self) }?.get() != nil
    }
}
