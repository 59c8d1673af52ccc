// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import NIOCore

/// A whole message, independent of its fragments.
package struct WebSocketMessage: Sendable, Hashable {
    /// Whether the payload is text (valid UTF-8); otherwise it is binary.
    package var isText: Bool
    /// The payload.
    package var payload: ByteBuffer

    /// Creates a message of the given parts.
    package init(isText: Bool, payload: ByteBuffer) {
        self.isText = isText
        self.payload = payload
    }
}

/// The limits on the size and the number of a peer's messages.
package struct WebSocketLimits: Sendable, Hashable {
    /// The maximum size of a message in bytes, including all fragments; 64 KiB by default.
    package var maximumMessageSize: Int
    /// The maximum number of fragments of a message, including empty ones; 1,024 by default.
    package var maximumFragments: Int
    /// The maximum number of messages, pings and pongs in a minute; unlimited by default.
    package var maximumMessagesPerMinute: Int?

    /// Creates limits of the given sizes.
    package init(
        maximumMessageSize: Int = 64 * 1024,
        maximumFragments: Int = 1024,
        maximumMessagesPerMinute: Int? = nil
    ) {
        self.maximumMessageSize = maximumMessageSize
        self.maximumFragments = maximumFragments
        self.maximumMessagesPerMinute = maximumMessagesPerMinute
    }
}

/// Assembles messages from data frames, RFC 6455 section 5.4, within limits.
///
/// Text is checked piece by piece, so an invalid UTF-8 text fails at its first wrong byte. A message that is too big fails when a
/// frame announces its length.
package struct MessageAssembler: Sendable {
    private struct Partial: Sendable {
        let isText: Bool
        let isCompressed: Bool
        /// The announced bytes of all frames so far; they differ from the payload's length if the message is compressed.
        var received = 0
        var payload = ByteBuffer()
        var fragments = 0
        var isFinal = false
        var validator = UTF8Validator()
    }

    private let settings: SharedConfiguration
    private var inflation: Boxed<MessageInflation>
    private var message = Boxed<Partial>()

    /// Creates an assembler that is between two messages; messages may be compressed if `inflation` is not `nil`.
    init(settings: SharedConfiguration, inflation: MessageInflation?) {
        self.settings = settings
        self.inflation = Boxed(inflation)
    }

    private var limits: WebSocketLimits { settings.value.limits }

    /// The received part of the current message.
    private var partial: Partial? {
        get { message.value }
        _modify { yield &message.value }
    }

    /// Begins a data frame.
    /// - Parameter header: The head of the frame.
    /// - Throws: A violation: 1002 for a fragment out of order, 1009 for a message that is too long.
    package mutating func begin(_ header: FrameHeader) throws(WebSocketViolation) {
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

    /// The maximum number of bytes in the next frame of the message.
    ///
    /// A compressed message may be slightly longer than its inflated form, so it may have twice the maximum size, and at least
    /// 1,024 bytes. The inflated length is checked as it grows.
    private var room: Int {
        guard let partial else { return 0 }
        guard partial.isCompressed else { return limits.maximumMessageSize - partial.received }
        return max(1024, 2 * min(limits.maximumMessageSize, .max / 2)) - partial.received
    }

    /// Adds a piece of the frame's payload.
    /// - Parameters:
    ///   - piece: The bytes, unmasked.
    ///   - isLast: Whether the piece ends the frame.
    /// - Returns: The message, if this was the last piece of its last frame.
    /// - Throws: A violation: 1007 if a text is not UTF-8 or a compressed message cannot be inflated; 1009 if the inflated
    ///   message is too long.
    package mutating func add(_ piece: ByteBuffer, isLast: Bool) throws(WebSocketViolation) -> WebSocketMessage? {
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
        // The payload is moved out, so that `payload` is the only reference and grows in place.
        guard var payload = partial?.payload else { return }
        partial?.payload = ByteBuffer()
        let start = payload.writerIndex
        let problem = inflate(piece, isWhole: isWhole, into: &payload)
        // The output before the problem is checked first: the first wrong byte counts, however the message is split.
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
