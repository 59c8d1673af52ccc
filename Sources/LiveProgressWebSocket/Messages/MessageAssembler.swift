// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import NIOCore

/// A whole message, whatever fragments it came in.
public struct WebSocketMessage: Sendable, Hashable {
    /// Whether the payload is text (valid UTF-8) and not bytes.
    public var isText: Bool
    /// The payload.
    public var payload: ByteBuffer

    /// A message of the given parts.
    public init(isText: Bool, payload: ByteBuffer) {
        self.isText = isText
        self.payload = payload
    }
}

/// How large messages a peer may send, and how many.
public struct WebSocketLimits: Sendable, Hashable {
    /// The bytes of a message, all its fragments together; 64 KiB by default.
    public var maximumMessageSize: Int
    /// The fragments of a message, empty ones too; 1,024 by default.
    public var maximumFragments: Int
    /// Messages, pings and pongs of any minute that begins with one; by default any number.
    public var maximumMessagesPerMinute: Int?

    /// Limits of the given sizes.
    public init(
        maximumMessageSize: Int = 64 * 1024,
        maximumFragments: Int = 1024,
        maximumMessagesPerMinute: Int? = nil
    ) {
        self.maximumMessageSize = maximumMessageSize
        self.maximumFragments = maximumFragments
        self.maximumMessagesPerMinute = maximumMessagesPerMinute
    }
}

/// Puts messages together from data frames, RFC 6455 section 5.4, within limits.
///
/// Text is checked piece by piece, so that a message that is no UTF-8 fails at its first wrong byte, and a message that
/// is too big fails by the length that its frame announces.
public struct MessageAssembler: Sendable {
    private struct Partial: Sendable {
        let isText: Bool
        let isCompressed: Bool
        /// The bytes of the frames so far, as announced; they differ from the payload's where it is compressed.
        var received = 0
        var payload = ByteBuffer()
        var fragments = 0
        var isFinal = false
        var validator = UTF8Validator()
    }

    private let settings: SharedConfiguration
    private var inflation: Boxed<MessageInflation>
    private var message = Boxed<Partial>()

    /// An assembler between two messages, which may be compressed where there is an inflation.
    init(settings: SharedConfiguration, inflation: MessageInflation?) {
        self.settings = settings
        self.inflation = Boxed(inflation)
    }

    private var limits: WebSocketLimits { settings.value.limits }

    /// What there is of the message that is on its way.
    private var partial: Partial? {
        get { message.value }
        _modify { yield &message.value }
    }

    /// A data frame begins.
    /// - Parameter header: Its head.
    /// - Throws: A violation: 1002 for a fragment out of order, 1009 for too long a message.
    public mutating func begin(_ header: FrameHeader) throws(WebSocketViolation) {
        switch (header.opcode, partial) {
        case (.continuation, nil): throw .protocolError("There is no message to continue.")
        case (.continuation, .some): break
        case (_, .some): throw .protocolError("A message begins within another.")
        case (_, nil): partial = Partial(isText: header.opcode == .text, isCompressed: header.isCompressed)
        }
        partial?.isFinal = header.isFinal
        partial?.fragments += 1
        guard partial?.fragments ?? 0 <= limits.maximumFragments else {
            throw .tooBig("A message has more than \(limits.maximumFragments) fragments.")
        }
        guard header.length <= room else {
            throw .tooBig("A message has more than \(limits.maximumMessageSize) bytes.")
        }
        partial?.received += header.length
    }

    /// How many bytes the next frame of the message may have.
    ///
    /// Compressed, a message may be longer than inflated, if not by much; its inflated length is looked at as it grows.
    private var room: Int {
        guard let partial else { return 0 }
        guard partial.isCompressed else { return limits.maximumMessageSize - partial.received }
        return max(1024, 2 * min(limits.maximumMessageSize, .max / 2)) - partial.received
    }

    /// A piece of the frame's payload has come.
    /// - Parameters:
    ///   - piece: The bytes, unmasked.
    ///   - isLast: Whether the frame ends with it.
    /// - Returns: The message, where this was the last piece of its last frame.
    /// - Throws: A violation: 1007 where a text is not UTF-8, or a compressed message cannot be inflated; 1009 where it
    ///   inflates to too long a message.
    public mutating func add(_ piece: ByteBuffer, isLast: Bool) throws(WebSocketViolation) -> WebSocketMessage? {
        guard partial != nil else { return nil }
        if partial?.isCompressed == true {
            try inflate(piece, isWhole: isLast && partial?.isFinal == true)
        } else {
            try append(piece)
        }
        guard isLast, let whole = partial, whole.isFinal else { return nil }
        partial = nil
        guard whole.validator.isAtBoundary else { throw .notUTF8 }
        return WebSocketMessage(isText: whole.isText, payload: whole.payload)
    }

    private mutating func append(_ piece: ByteBuffer) throws(WebSocketViolation) {
        try validate(piece)
        if partial?.payload.readableBytes == 0 {
            partial?.payload = piece
        } else {
            partial?.payload.writeImmutableBuffer(piece)
        }
    }

    private mutating func inflate(_ piece: ByteBuffer, isWhole: Bool) throws(WebSocketViolation) {
        // Taken out, so that it is the only reference and grows where it is.
        guard var payload = partial?.payload else { return }
        partial?.payload = ByteBuffer()
        let start = payload.writerIndex
        let problem = inflate(piece, isWhole: isWhole, into: &payload)
        // What came out before the problem is looked at first: the first wrong byte counts, however the message is cut.
        if let new = payload.getSlice(at: start, length: payload.writerIndex - start) { try validate(new) }
        if let problem { throw problem }
        partial?.payload = payload
    }

    private mutating func inflate(
        _ piece: ByteBuffer,
        isWhole: Bool,
        into payload: inout ByteBuffer
    ) -> WebSocketViolation? {
        do throws(WebSocketViolation) {
            let limit = limits.maximumMessageSize
            try inflation.value?.add(piece, to: &payload, limit: limit)
            if isWhole { try inflation.value?.finish(&payload, limit: limit) }
            return nil
        } catch {
            return error
        }
    }

    private mutating func validate(_ piece: ByteBuffer) throws(WebSocketViolation) {
        guard partial?.isText == true else { return }
        let isValid = piece.withUnsafeReadableBytes { partial?.validator.accepts($0) }
        guard isValid == true else { throw .notUTF8 }
    }
}
