// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP
/// Judges the requests of one connection by their size, order and time: events in, verdicts out, no I/O.
struct RequestGuard {
    /// What to do with what has come.
    enum Verdict: Equatable {
        /// It is in order.
        case pass
        /// Answer with this refusal, then let the connection go.
        case refuse(Refusal)
        /// The response to the request has begun already: close without an answer.
        case close
        /// The connection is being let go, or will be after what it is still owed: nobody reads this.
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
    private var announcedSize: Int?
    /// Bytes that came for a body, with the sizes of its chunks and what else stands around it.
    private var receivedSize = 0
    private var isRefused = false
    /// What is answered once the requests before have been.
    private var pendingRefusal: Refusal?
    private var isResponding = false
    private var owedResponses = 0
    private var requestLine = RequestLineMeter()
    /// Bytes behind a request that ends decoding: they are no request, whatever they are, until the connection is said to be.
    private var heldSize: Int?

    /// Whether a request has begun and not ended.
    private(set) var isReading = false
    /// What is waited for; its time begins anew whenever this changes.
    private(set) var awaited = Awaited.head

    init(limits: ConnectionLimits) {
        self.limits = limits
    }

    // MARK: Bytes, before and after the decoder has them

    /// Bytes of one request have come that the decoder has not seen yet.
    ///
    /// - Returns: How many of them the decoder shall have, and what is wrong with the next one, so that whatever the decoder
    ///   objects to in those before it comes first.
    mutating func received(_ bytes: UnsafeRawBufferPointer) -> (count: Int, refusal: Refusal?) {
        guard isOpen else { return (0, nil) }
        guard !isReading else {
            receivedSize += bytes.count
            return (bytes.count, nil)
        }
        if let heldSize {
            self.heldSize = heldSize + bytes.count
            return heldSize + bytes.count > limits.maximumHeaderSize ? (0, .malformed) : (bytes.count, nil)
        }
        switch requestLine.measure(bytes, limit: limits.maximumRequestLineSize) {
        case .fits: return (bytes.count, nil)
        case .tooLong(let offset): return (offset, .targetTooLong(limit: limits.maximumTargetSize))
        case .malformed(let offset): return (offset, .malformed)
        }
    }

    /// Whether what comes now is no request, because one that has ended asked for another protocol.
    var hasEndedDecoding: Bool { heldSize != nil && !isReading }

    /// How much the body of a known length has still to bring.
    var bodyLeft: Int? { isReading ? announcedSize.map { $0 - bodySize } : nil }

    /// Why the decoder has objected to a version: it objects to what follows one in the same way.
    var versionRefusal: Refusal { requestLine.hasKnownVersion ? .malformed : .unsupportedVersion }

    /// The decoder has had the bytes that came last; where it has made nothing of them, they begin a head, or belong to one.
    mutating func decoded(hasParts: Bool) -> Verdict {
        guard isOpen else { return .drop }
        if !hasParts, awaited == .request { awaited = .head }
        // The smallest chunk takes six bytes for one; extensions, which nobody reads, must not take any number.
        guard isReading, receivedSize - bodySize > limits.maximumHeaderSize + 8 * bodySize else { return .pass }
        return refuse(.headersTooLarge)
    }

    // MARK: Requests

    /// A request begins, with what is wrong with its head in itself, the length that it announces, and whether nothing
    /// behind it is a request.
    mutating func receivedHead(_ refusal: Refusal?, contentLength: Int?, endsDecoding: Bool = false) -> Verdict {
        guard isOpen else { return .drop }
        if endsDecoding { heldSize = 0 }
        bodySize = 0
        announcedSize = contentLength
        receivedSize = 0
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
        guard isOpen else { return .drop }
        bodySize += count
        if let limit = limits.maximumBodySize, bodySize > limit { return refuse(.bodyTooLarge(limit: limit)) }
        return .pass
    }

    mutating func receivedEnd() -> Verdict {
        guard isOpen else { return .drop }
        isReading = false
        awaited = owedResponses == 0 ? .request : .nothing
        return .pass
    }

    /// Whether an interim answer would be about the request whose head has just come.
    var mayContinue: Bool { isReading && owedResponses == 1 && !isResponding && isOpen }

    /// The bytes are no request; the answer takes the place of the answer to it.
    mutating func failedToParse(_ refusal: Refusal) -> Verdict {
        guard isOpen else { return .drop }
        if !isReading { owedResponses += 1 }
        return refuse(refusal)
    }

    /// What was awaited has not come in time.
    mutating func timedOut() -> Verdict {
        guard isOpen else { return .drop }
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

    /// The routes have written a whole response.
    mutating func wroteEnd() -> Verdict {
        isResponding = false
        owedResponses = max(0, owedResponses - 1)
        if let refusal = pendingRefusal, owedResponses == 1 { return answer(refusal) }
        if owedResponses == 0, awaited == .nothing, isOpen { awaited = .request }
        return .pass
    }

    /// Whether what comes is still read.
    private var isOpen: Bool { !isRefused && pendingRefusal == nil }

    private mutating func refuse(_ refusal: Refusal) -> Verdict {
        awaited = .nothing
        guard owedResponses > 1 else { return answer(refusal) }
        // Those before it have come in order, and get their answers in order.
        pendingRefusal = refusal
        return .drop
    }

    private mutating func answer(_ refusal: Refusal) -> Verdict {
        isRefused = true
        return isResponding || owedResponses != 1 ? .close : .refuse(refusal)
    }
}
