// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
@_spi(Server) public import LiveProgress
import Synchronization

/// A clock that stands still until a test moves it.
///
/// ```swift
/// let time = ManualClock()
/// var configuration = ProgressService.Configuration()
/// configuration.clock = time.clock
/// time.advance(by: .seconds(60))
/// ```
public final class ManualClock: Sendable {
    private struct State {
        var now = Duration.zero
        var sleepers: [UInt64: (deadline: Duration, continuation: CheckedContinuation<Void, any Error>)] = [:]
        var cancelledEarly: Set<UInt64> = []
        var nextNumber: UInt64 = 0
        var observers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    /// Creates a clock at zero; its calendar begins at 2001-01-01 00:00 UTC.
    public init() {}

    /// The clock for the configuration of a service.
    public var clock: ProgressClock {
        ProgressClock(
            now: { self.now },
            date: { Date(timeIntervalSinceReferenceDate: self.now / .seconds(1)) },
            sleep: { try await self.sleep(until: $0) }
        )
    }

    /// The current time of the clock.
    public var now: Duration {
        state.withLock { $0.now }
    }

    /// Advances the clock, and wakes the tasks whose deadlines have come.
    public func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now += duration
            let due = state.sleepers.filter { $0.value.deadline <= state.now }
            for number in due.keys { state.sleepers[number] = nil }
            return due.values.sorted { $0.deadline < $1.deadline }
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    /// Returns once at least `count` tasks sleep on this clock, so that advancing the clock wakes them.
    public func sleepers(atLeast count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.sleepers.count >= count { return true }
                state.observers.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    private func sleep(until deadline: Duration) async throws {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (result, observers) = lieDown(continuation, number, deadline)
                for observer in observers { observer.resume() }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                let sleeper = state.sleepers.removeValue(forKey: number)
                if sleeper == nil { state.cancelledEarly.insert(number) }
                return sleeper
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    private func lieDown(
        _ continuation: CheckedContinuation<Void, any Error>,
        _ number: UInt64,
        _ deadline: Duration
    ) -> (result: Result<Void, any Error>?, observers: [CheckedContinuation<Void, Never>]) {
        state.withLock { state in
            if state.cancelledEarly.remove(number) != nil { return (.failure(CancellationError()), []) }
            if deadline <= state.now { return (.success(()), []) }
            state.sleepers[number] = (deadline, continuation)
            let count = state.sleepers.count
            let satisfied = state.observers.filter { $0.count <= count }
            state.observers.removeAll { $0.count <= count }
            return (nil, satisfied.map(\.continuation))
        }
    }
}
