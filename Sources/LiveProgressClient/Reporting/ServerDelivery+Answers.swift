// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

extension ServerDelivery {
    /// The part of a response that the delivery needs.
    struct Answer: Sendable, Hashable {
        var snapshot: ProgressSnapshot
        /// The time that the worker may be silent, if the response has it.
        var lease: Duration?
        /// Whether the change is durable.
        var isDurable = false
    }

    /// Handles the response to a request that the server accepted.
    mutating func accepted(_ answer: Answer, now: Duration) {
        guard let request = inFlight else { return }
        inFlight = nil
        backoff.reset()
        if let lease = answer.lease { period = min(lease / 3, .seconds(3600)) }
        (resumesAt, renewsAt) = (now + times.interval, now + period)
        let new = answer.snapshot.cursor
        let old = onServer?.cursor ?? new
        guard old.epoch == new.epoch else { return stop(.replaced) }
        if request.kind == .creation { creation = nil }
        hasEnded = request.hasEnd
        lines.complete(request)
        if old.generation < new.generation, !hasEnded {
            // The server has crashed, and may have lost what it accepted before.
            lines.restart(from: answer.snapshot, reading: readings)
        }
        onServer = answer.snapshot
        settle()
        noteDurability(of: request, answer)
    }

    private mutating func noteDurability(of request: DeliveryRequest, _ answer: Answer) {
        guard request.isDurable else { return }
        guard !answer.isDurable else {
            durableReading = arrivedReading
            return
        }
        durabilityRefusal = (wantedDurable, ProgressError.notDurable)
    }

    /// Handles a refusal, or a request that failed.
    mutating func refused(_ error: ProgressClientError, now: Duration) {
        guard let request = inFlight else { return }
        switch error.problem?.kind {
        case .storeUnavailable? where request.isDurable:
            // The report must not wait for the store; only the callers that want it durable learn of the failure.
            durabilityRefusal = (wantedDurable, ProgressError.notDurable(error))
            inFlight?.isDurable = false
            return
        case .idempotencyKeyInUse?: return retry(after: error, request, now: now)
        default: break
        }
        switch error.code {
        case .unreachable, .timedOut, .disconnected, .unavailable: retry(after: error, request, now: now)
        case .invalidReport, .answerTooLarge: drop(request, error)
        default: stop(error)
        }
    }

    private mutating func retry(after error: ProgressClientError, _ request: DeliveryRequest, now: Duration) {
        if request.hasEnd, backoff.count >= Self.maximumTriesOfEnd { return stop(error) }
        let delay = backoff.next(random: times.random())
        retriesAt = now + max(delay, min(error.retryAfter ?? .zero, times.longestRetry))
    }

    /// Drops the line that the server refuses, and keeps the others.
    private mutating func drop(_ request: DeliveryRequest, _ error: ProgressClientError) {
        guard request.kind == .reports else { return stop(error) }
        inFlight = nil
        if lines.drop(from: request, applied: error.problem?.extensions["applied"]?.intValue.map { Int($0) }) {
            refusedCount += 1
        }
        settle()
    }

    /// Handles the end of the operation that a watch of it has seen.
    mutating func noteEnd() {
        // The end may be this worker's own, whose response is still on its way.
        if !hasEnded, inFlight?.hasEnd != true { stop(.endedElsewhere) }
    }

    /// Stops the delivery: the server accepts no more reports.
    mutating func stop(_ error: ProgressClientError) {
        failure = error
        inFlight = nil
    }

    /// Notes which readings have arrived.
    mutating func settle() {
        arrivedReading = lines.firstReading.map { $0 - 1 } ?? readings
    }
}

extension ProgressClientError {
    fileprivate static let replaced = ProgressClientError(
        .ended,
        "Another worker has replaced the operation. Stop working on it, or create it again after its end."
    )

    fileprivate static let endedElsewhere = ProgressClientError(
        .ended,
        "The operation has been ended by another worker, or because its worker was silent for too long."
    )
}

extension ProgressError {
    /// The server keeps its operations in memory only.
    fileprivate static let notDurable = ProgressError(
        .storeUnavailable,
        "The server has the report, but keeps its operations in memory only: start it with a store."
    )

    /// The server's store fails.
    fileprivate static func notDurable(_ error: ProgressClientError) -> ProgressError {
        ProgressError(.storeUnavailable, "The server has not stored the report: \(error.message)")
    }
}
