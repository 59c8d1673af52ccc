// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// A signal that fires once, for any number of waiters: now, later, or never.
final class Latch: Sendable {
    private struct State {
        /// How it turned out, or `nil` while it may still fire.
        var verdict: Result<Void, ProgressError>?
        var waiters: [UInt64: CheckedContinuation<Void, any Error>] = [:]
        var nextWaiter: UInt64 = 0
        /// Waiters that were cancelled before their continuation was there.
        var cancelledEarly: Set<UInt64> = []
    }

    private let state = Mutex(State())

    var hasFired: Bool {
        state.withLock { if case .success = $0.verdict { true } else { false } }
    }

    /// Lets all go that wait, and all that will.
    func fire() {
        settle(.success(()))
    }

    /// Tells all that wait, and all that will, that it will never fire; nothing where it has fired.
    func close(_ reason: ProgressError) {
        settle(.failure(reason))
    }

    private func settle(_ verdict: Result<Void, ProgressError>) {
        let waiters = state.withLock { state -> [UInt64: CheckedContinuation<Void, any Error>] in
            guard state.verdict == nil else { return [:] }
            state.verdict = verdict
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume(with: verdict.mapError { $0 as any Error }) }
    }

    /// Returns when the latch has fired; throws where it never will, or when the task is cancelled.
    func wait() async throws {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                if let result = enlist(continuation, as: number) { continuation.resume(with: result) }
            }
        } onCancel: {
            dismiss(number)?.resume(throwing: CancellationError())
        }
    }

    private func enlist(
        _ continuation: CheckedContinuation<Void, any Error>,
        as number: UInt64
    ) -> Result<Void, any Error>? {
        state.withLock { state in
            if state.cancelledEarly.remove(number) != nil { return .failure(CancellationError()) }
            if let verdict = state.verdict { return verdict.mapError { $0 as any Error } }
            state.waiters[number] = continuation
            return nil
        }
    }

    private func dismiss(_ number: UInt64) -> CheckedContinuation<Void, any Error>? {
        state.withLock { state in
            guard state.verdict == nil else { return nil }
            if let continuation = state.waiters.removeValue(forKey: number) { return continuation }
            state.cancelledEarly.insert(number)
            return nil
        }
    }

    /// Whether the latch fired before a time; throws as ``wait()`` does.
    func wait(until deadline: Duration, on clock: ProgressClock) async throws -> Bool {
        if hasFired { return true }
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await self.wait()
                return true
            }
            group.addTask {
                try await clock.sleep(deadline)
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
    }
}
