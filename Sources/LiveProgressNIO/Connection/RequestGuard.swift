// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Judges the requests of one connection by their size, order and time: events in, verdicts out, no I/O.
struct RequestGuard {
    /// What to do with what has come.
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

    /// What the connection has still to bring in time.
    enum Awaited: Equatable {
        /// The rest of a request's head.
        case head
        /// The rest of a request's body.
        case body
        /// A further request, or nothing at all.
        case request
        /// Nothing: it is the server's turn.
        case nothing
    }

    private let limits: ConnectionLimits
    private var bodySize = 0
    private var isRefused = false
    private var isResponding = false
    private var owedResponses = 0
    private var requestLine = RequestLineMeter()

    /// Whether a request has begun and not ended.
    private(set) var isReading = false
    /// What is waited for; its time begins anew whenever this changes.
    private(set) var awaited = Awaited.head

    init(limits: ConnectionLimits) {
        self.limits = limits
    }

    // MARK: Bytes, before and after the decoder has them

    /// Bytes have come that the decoder has not seen yet.
    mutating func received(_ bytes: UnsafeRawBufferPointer) -> Verdict {
        guard !isRefused else { return .drop }
        guard !isReading else { return .pass }
        switch requestLine.measure(bytes, limit: limits.maximumRequestLineSize) {
        case .fits: return .pass
        case .tooLong: return failedToParse(.targetTooLong(limit: limits.maximumTargetSize))
        case .malformed: return failedToParse(.malformed)
        }
    }

    /// The decoder has made nothing of the bytes that came last: they begin a head, or belong to one.
    mutating func decodedNothing() {
        if awaited == .request { awaited = .head }
    }

    // MARK: Requests

    /// A request begins, with what is wrong with its head in itself, and the length that it announces.
    mutating func receivedHead(_ refusal: Refusal?, contentLength: Int?) -> Verdict {
        guard !isRefused else { return .drop }
        bodySize = 0
        requestLine = RequestLineMeter()
        isReading = true
        owedResponses += 1
        awaited = .body
        if let refusal { return refuse(refusal) }
        if let limit = limits.maximumBodySize, let contentLength, contentLength > limit {
            return refuse(.bodyTooLarge(limit: limit))
        }
        return .pass
    }

    mutating func receivedBody(count: Int) -> Verdict {
        guard !isRefused else { return .drop }
        bodySize += count
        if let limit = limits.maximumBodySize, bodySize > limit { return refuse(.bodyTooLarge(limit: limit)) }
        return .pass
    }

    mutating func receivedEnd() -> Verdict {
        guard !isRefused else { return .drop }
        isReading = false
        awaited = owedResponses == 0 ? .request : .nothing
        return .pass
    }

    /// Whether an interim answer would be about the request whose head has just come.
    var mayContinue: Bool { isReading && owedResponses == 1 && !isResponding && !isRefused }

    /// The bytes are no request; the answer takes the place of the answer to it.
    mutating func failedToParse(_ refusal: Refusal) -> Verdict {
        guard !isRefused else { return .drop }
        if !isReading { owedResponses += 1 }
        return refuse(refusal)
    }

    /// What was awaited has not come in time.
    mutating func timedOut() -> Verdict {
        guard !isRefused else { return .drop }
        switch awaited {
        case .head: return failedToParse(.slowHead)
        case .body: return refuse(.slowBody)
        case .request, .nothing: return .close
        }
    }

    // MARK: Responses

    /// Whether the routes may still write.
    var acceptsResponses: Bool { !isRefused }

    mutating func wroteHead() {
        isResponding = true
    }

    mutating func wroteEnd() {
        isResponding = false
        owedResponses = max(0, owedResponses - 1)
        if owedResponses == 0, awaited == .nothing { awaited = .request }
    }

    private mutating func refuse(_ refusal: Refusal) -> Verdict {
        isRefused = true
        awaited = .nothing
        return isResponding || owedResponses != 1 ? .close : .refuse(refusal)
    }
}

/// Measures a request line as it comes, so that one that is too long is told from fields that are.
///
/// Of requests that come in a row with others, it sees the first one's; the target of each is measured again when its
/// head is whole.
struct RequestLineMeter {
    enum Reading { case fits, tooLong, malformed }

    private var length = 0
    private var lastByte: UInt8 = 0
    private var isOver = false

    /// Looks at bytes up to the end of the line, which is CR and LF (RFC 9112 section 2.2); empty lines before do not count.
    mutating func measure(_ bytes: UnsafeRawBufferPointer, limit: Int) -> Reading {
        guard !isOver else { return .fits }
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                let isEmpty = length == 0 || length == 1 && lastByte == UInt8(ascii: "\r")
                if !isEmpty {
                    isOver = true
                    return lastByte == UInt8(ascii: "\r") ? .fits : .malformed
                }
                length = 0
            } else {
                length += 1
                if length > limit { return .tooLong }
            }
            lastByte = byte
        }
        return .fits
    }
}
