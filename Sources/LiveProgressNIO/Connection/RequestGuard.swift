// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Judges the requests of one connection by their size and order: events in, verdicts out, no I/O.
struct RequestGuard {
    /// What to do with a request part.
    enum Verdict: Equatable {
        /// It is in order.
        case pass
        /// Answer with this refusal, then let the connection go.
        case refuse(Refusal)
        /// A response has begun already, or is owed to an earlier request: close without an answer.
        case close
        /// The connection is being let go: nobody reads this.
        case drop
    }

    /// Why a connection is let go.
    enum Refusal: Equatable {
        case malformed, unsupportedVersion, headersTooLarge, bodyTooLarge(limit: Int), tooSlow
    }

    private let maximumBodySize: Int?
    private var bodySize = 0
    private var isRefused = false
    private var isResponding = false
    private var owedResponses = 0

    /// Whether a request has begun and not ended.
    private(set) var isReading = false

    init(maximumBodySize: Int?) {
        self.maximumBodySize = maximumBodySize
    }

    mutating func receivedHead(isSound: Bool, contentLength: Int?) -> Verdict {
        guard !isRefused else { return .drop }
        bodySize = 0
        isReading = true
        owedResponses += 1
        guard isSound else { return refuse(.malformed) }
        if let maximumBodySize, let contentLength, contentLength > maximumBodySize {
            return refuse(.bodyTooLarge(limit: maximumBodySize))
        }
        return .pass
    }

    mutating func receivedBody(count: Int) -> Verdict {
        guard !isRefused else { return .drop }
        bodySize += count
        if let maximumBodySize, bodySize > maximumBodySize { return refuse(.bodyTooLarge(limit: maximumBodySize)) }
        return .pass
    }

    mutating func receivedEnd() -> Verdict {
        guard !isRefused else { return .drop }
        isReading = false
        return .pass
    }

    /// The bytes are no request; the answer takes the place of the answer to it.
    mutating func failedToParse(_ refusal: Refusal) -> Verdict {
        guard !isRefused else { return .drop }
        if !isReading { owedResponses += 1 }
        return refuse(refusal)
    }

    /// The request is not whole in time; without a word where not even its head has come.
    mutating func timedOut() -> Verdict {
        guard !isRefused else { return .drop }
        return isReading ? refuse(.tooSlow) : .close
    }

    /// Whether the routes may still write.
    var acceptsResponses: Bool { !isRefused }

    mutating func wroteHead() {
        isResponding = true
    }

    mutating func wroteEnd() {
        isResponding = false
        owedResponses = max(0, owedResponses - 1)
    }

    private mutating func refuse(_ refusal: Refusal) -> Verdict {
        isRefused = true
        return isResponding || owedResponses != 1 ? .close : .refuse(refusal)
    }
}
