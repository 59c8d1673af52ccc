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
        retry = nil
        lastFailure = nil
        if let lease = answer.lease { period = min(lease / 3, .seconds(3600)) }
        let new = answer.snapshot.cursor
        let old = onServer?.cursor ?? new
        guard old.epoch == new.epoch else { return stop(.replaced) }
        if request.kind == .creation { creation = nil }
        hasEnded = request.hasEnd
        lines.complete(request)
        if request.kind == .reports {
            relay.delivered(request.question, answer.snapshot, after: old.revision)
        }
        if old.generation < new.generation, !hasEnded {
            // The server has crashed, and may have lost what it accepted before.
            let reportsQuestion = relay.restart(from: answer.snapshot, open: lines.openQuestion)
            lines.restart(from: answer.snapshot, reportsQuestion: reportsQuestion, reading: readings)
        }
        onServer = answer.snapshot
        relay.note(answer.snapshot)
        resumesAt = now + times.interval
        renewsAt = now + (relay.needsResponses ? min(period, Self.answerPeriod) : period)
        noteDurability(of: request, answer)
        settle()
    }

    /// The longest time between two requests while only responses can show the answer of a person.
    private static let answerPeriod = Duration.seconds(1)

    private mutating func noteDurability(of request: DeliveryRequest, _ answer: Answer) {
        guard request.isDurable else { return }
        guard !answer.isDurable else {
            durableReading = newestArrived
            return
        }
        durabilityRefusal = (wantedDurable, ProgressError.notDurable)
    }

    /// Returns the end of the worker's question on the server once; `nil` while the question is open.
    mutating func takeQuestionEnd() -> QuestionRelay.End? {
        guard let end = relay.takeEnd() else { return nil }
        lines.noteClosed(question: end.number)
        return end
    }

    /// Handles a refusal, or a request that failed.
    ///
    /// - Parameters:
    ///   - error: The error.
    ///   - now: The time.
    ///   - isOver: Whether the worker has ended the operation, so that the tries are limited.
    mutating func refused(_ error: ProgressClientError, now: Duration, isOver: Bool) {
        guard let request = inFlight else { return }
        if isOver { triesOfEnd += 1 }
        switch error.problem?.kind {
        case .storeUnavailable? where request.isDurable:
            // The report must not wait for the store; only the callers that want it durable learn of the failure.
            durabilityRefusal = (wantedDurable, ProgressError.notDurable(error))
            inFlight?.isDurable = false
            return
        case .idempotencyKeyInUse?: return tryAgain(after: error, now: now)
        default: break
        }
        switch error.code {
        case .unreachable, .timedOut, .disconnected, .unavailable, .tooManyOperations: tryAgain(after: error, now: now)
        case .invalidReport, .answerTooLarge: drop(request, error)
        default: stop(error)
        }
    }

    private mutating func tryAgain(after error: ProgressClientError, now: Duration) {
        lastFailure = error
        guard triesOfEnd < Self.maximumTriesOfEnd else { return stop(error) }
        let delay = backoff.next(random: times.random())
        let asked = min(error.retryAfter ?? .zero, times.longestRetry)
        retry = (now + max(delay, asked), asked > .zero)
    }

    /// Drops the line that the server refuses, and keeps the others.
    private mutating func drop(_ request: DeliveryRequest, _ error: ProgressClientError) {
        guard request.kind == .reports else { return stop(error) }
        inFlight = nil
        let applied = error.problem?.extensions["applied"]?.intValue.map { Int($0) }
        switch lines.drop(from: request, applied: applied) {
        case .none: return
        case .line: refusal = error
        case .end: return stop(error)
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

    private var newestArrived: UInt64 { lines.firstReading.map { $0 - 1 } ?? readings }

    /// Notes which readings have arrived, and whether nothing follows.
    mutating func settle() {
        arrivedReading = newestArrived
        if lines.isEmpty, lines.isOver, !mustBeDurable { hasEnded = true }
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
    static let notDurable = ProgressError(
        .storeUnavailable,
        "The server has the report, but keeps its operations in memory only: start it with a store."
    )

    /// The server's store fails.
    fileprivate static func notDurable(_ error: ProgressClientError) -> ProgressError {
        ProgressError(.storeUnavailable, "The server has not stored the report: \(error.message)")
    }
}
