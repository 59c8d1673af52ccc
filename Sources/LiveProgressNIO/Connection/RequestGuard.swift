// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP

/// Checks the requests of one connection for size, order and time: events in, verdicts out, no I/O.
struct RequestGuard {
    /// What the caller must do.
    enum Verdict: Equatable {
        /// Continue: nothing is wrong.
        case pass
        /// Send this refusal, then close the connection.
        case refuse(Refusal)
        /// Close without a response, because the response to the request has begun already.
        case close
        /// Drop the bytes: the connection is closing, or closes after the responses that are still owed.
        case drop
    }

    /// What the client must send within a time limit.
    enum Awaited: Equatable {
        /// The rest of a request's head.
        case head
        /// The rest of a request's body.
        case body
        /// Another request, or nothing.
        case request
        /// Nothing: the server must respond.
        case nothing
    }

    private let limits: ConnectionLimits
    private var bodySize = 0
    private var announcedSize: Int?
    /// The number of bytes received for a body, including chunk sizes and other framing.
    private var receivedSize = 0
    private var isRefused = false
    /// The refusal to send once all earlier requests have been answered.
    private var pendingRefusal: Refusal?
    private var isResponding = false
    private var owedResponses = 0
    private var requestLine = RequestLineMeter()
    /// Bytes received after an upgrade request, held until the upgrade is decided.
    private var heldSize: Int?

    /// Whether a request has begun and not ended.
    private(set) var isReading = false
    /// What the client must send next; the time limit starts again at each change.
    private(set) var awaited = Awaited.head

    init(limits: ConnectionLimits) {
        self.limits = limits
    }

    // MARK: Bytes, before and after the decoder gets them

    /// Checks bytes of one request before the decoder gets them.
    ///
    /// - Returns: How many bytes the decoder gets, and what is wrong with the next byte. The decoder gets the bytes before
    ///   the wrong one, so that the decoder's own objections to these bytes come first.
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

    /// Whether new bytes are held instead of decoded, because the last whole request asked for another protocol.
    var hasEndedDecoding: Bool { heldSize != nil && !isReading }

    /// The number of missing bytes of a body with a known length; `nil` otherwise.
    var bodyLeft: Int? { isReading ? announcedSize.map { $0 - bodySize } : nil }

    /// The refusal for the decoder's version error; the decoder also reports this error for bytes after a valid version.
    var versionRefusal: Refusal { requestLine.hasKnownVersion ? .malformed : .unsupportedVersion }

    /// Records that the decoder has read the bytes; if they made no request part, they begin a head or continue one.
    mutating func decoded(hasParts: Bool) -> Verdict {
        guard isOpen else { return .drop }
        if !hasParts, awaited == .request { awaited = .head }
        // The smallest chunk takes six bytes for one body byte. Chunk extensions are ignored, so their size must be limited.
        guard isReading, receivedSize - bodySize > limits.maximumHeaderSize + 8 * bodySize else { return .pass }
        return refuse(.headersTooLarge)
    }

    // MARK: Requests

    /// Records the head of a request.
    ///
    /// - Parameters:
    ///   - refusal: What is wrong with the head itself, if anything.
    ///   - contentLength: The announced length of the body.
    ///   - endsDecoding: Whether the bytes after this request may belong to another protocol.
    /// - Returns: What the caller must do.
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

    /// Whether a `100 (Continue)` response would answer the request whose head has just come.
    var mayContinue: Bool { isReading && owedResponses == 1 && !isResponding && isOpen }

    /// Records that the bytes are no request; the refusal replaces the response to it.
    mutating func failedToParse(_ refusal: Refusal) -> Verdict {
        guard isOpen else { return .drop }
        if !isReading { owedResponses += 1 }
        return refuse(refusal)
    }

    /// Records that the client has not sent the awaited part in time.
    mutating func timedOut() -> Verdict {
        guard isOpen else { return .drop }
        switch awaited {
        case .head: return failedToParse(.slowHead)
        case .body: return refuse(.slowBody)
        case .request, .nothing: return .close
        }
    }

    // MARK: Responses

    /// Whether the routes may still write responses.
    var acceptsResponses: Bool { !isRefused }

    mutating func wroteHead() {
        isResponding = true
    }

    /// Records that the routes have written a whole response.
    mutating func wroteEnd() -> Verdict {
        isResponding = false
        owedResponses = max(0, owedResponses - 1)
        if let refusal = pendingRefusal, owedResponses == 1 { return answer(refusal) }
        if owedResponses == 0, awaited == .nothing, isOpen { awaited = .request }
        return .pass
    }

    /// Whether new bytes are still read.
    private var isOpen: Bool { !isRefused && pendingRefusal == nil }

    private mutating func refuse(_ refusal: Refusal) -> Verdict {
        awaited = .nothing
        guard owedResponses > 1 else { return answer(refusal) }
        // The earlier requests were valid, so they get their responses first.
        pendingRefusal = refusal
        return .drop
    }

    private mutating func answer(_ refusal: Refusal) -> Verdict {
        isRefused = true
        return isResponding || owedResponses != 1 ? .close : .refuse(refusal)
    }
}
