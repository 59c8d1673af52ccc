// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Those who wait for reports to arrive, or for a request to stop.
///
/// Each method gives the continuations to resume, which is done once the lock around it has been released.
struct ReportWaiters: Sendable {
    typealias Outcome = Result<Void, ProgressClientError>
    typealias Continuation = CheckedContinuation<Outcome, Never>

    /// What one waits for.
    enum Kind: Sendable, Hashable {
        /// The call of that number, and all before it, to be settled.
        case flush(UInt64)
        /// A request to stop.
        case cancellation
    }

    /// Continuations to resume, with what they get.
    struct Resumption: Sendable {
        fileprivate(set) var continuations: [Continuation] = []
        fileprivate(set) var outcome = Outcome.success(())

        func resume() {
            for continuation in continuations { continuation.resume(returning: outcome) }
        }
    }

    private var lastWaiter: UInt64 = 0
    /// Waiters that have a name and are not added yet; `true` for those cancelled meanwhile.
    private var coming: [UInt64: Bool] = [:]
    private var waiting: [UInt64: (kind: Kind, continuation: Continuation)] = [:]

    /// Whether somebody waits for reports to arrive.
    var hasFlushes: Bool { waiting.values.contains { $0.kind != .cancellation } }

    /// A name for a new waiter.
    mutating func makeWaiter() -> UInt64 {
        lastWaiter += 1
        coming[lastWaiter] = false
        return lastWaiter
    }

    /// Adds a waiter, or resumes it at once where the outcome is known already.
    mutating func add(
        _ continuation: Continuation,
        as waiter: UInt64,
        for kind: Kind,
        knownOutcome: Outcome?
    ) -> Resumption {
        let isCancelled = coming.removeValue(forKey: waiter) ?? false
        if isCancelled { return Resumption(continuations: [continuation], outcome: Self.cancelled) }
        if let knownOutcome { return Resumption(continuations: [continuation], outcome: knownOutcome) }
        waiting[waiter] = (kind, continuation)
        return Resumption()
    }

    /// The waiting task has been cancelled.
    mutating func cancel(_ waiter: UInt64) -> Resumption {
        if coming[waiter] != nil { coming[waiter] = true }
        return take(outcome: Self.cancelled) { key, _ in key == waiter }
    }

    /// The calls up to that number are settled.
    mutating func settled(upTo settled: UInt64) -> Resumption {
        take(outcome: .success(())) { _, kind in
            if case .flush(let number) = kind { number <= settled } else { false }
        }
    }

    /// Someone has asked the operation to stop.
    mutating func cancellationRequested() -> Resumption {
        take(outcome: .success(())) { _, kind in kind == .cancellation }
    }

    /// Nothing that anybody waits for will happen any more.
    mutating func failed(_ error: ProgressClientError) -> Resumption {
        take(outcome: .failure(error)) { _, _ in true }
    }

    private static let cancelled = Outcome.failure(ProgressClientError(.cancelled, "The wait was cancelled."))

    private mutating func take(outcome: Outcome, where condition: (UInt64, Kind) -> Bool) -> Resumption {
        let taken = waiting.filter { condition($0.key, $0.value.kind) }
        for waiter in taken.keys { waiting[waiter] = nil }
        return Resumption(continuations: taken.values.map(\.continuation), outcome: outcome)
    }
}
