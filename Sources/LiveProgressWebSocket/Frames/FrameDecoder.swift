// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import NIOCore

/// The next event that the frame decoder found in the received bytes.
package enum FrameEvent: Sendable, Hashable {
    /// A text, binary or continuation frame begins; one or more pieces of its payload follow.
    case dataBegan(FrameHeader)
    /// A piece of the data frame's payload, unmasked; an empty frame has one empty piece.
    case dataPiece(ByteBuffer, isLast: Bool)
    /// A whole close, ping or pong frame, unmasked.
    case control(FrameOpcode, ByteBuffer)
}

/// Decodes frames from bytes that may be split anywhere.
///
/// The decoder passes the payload of data frames on as it arrives. It holds at most one frame head or one control frame, whatever
/// length the peer announces.
package struct FrameDecoder: Sendable {
    private enum State: Sendable {
        case head
        case control(FrameHeader)
        case data(remaining: Int, mask: FrameMask?)
        indirect case failed(WebSocketViolation)
    }

    private var buffer: ByteBuffer?
    private var state = State.head
    private let role: WebSocketRole
    private let isDeflateAgreed: Bool

    /// Creates a decoder at the start of a stream of frames.
    /// - Parameters:
    ///   - role: The end that reads: a server requires masked frames, a client unmasked ones.
    ///   - isDeflateAgreed: Whether messages may be compressed; otherwise the first reserved bit is a violation.
    package init(role: WebSocketRole, isDeflateAgreed: Bool = false) {
        self.role = role
        self.isDeflateAgreed = isDeflateAgreed
    }

    /// Appends received bytes to the unread ones.
    package mutating func append(_ bytes: ByteBuffer) {
        if buffer == nil {
            buffer = bytes
        } else {
            // The unread bytes are fewer than a head and a control frame; without this the buffer would grow without limit.
            buffer?.discardReadBytes()
            buffer?.writeImmutableBuffer(bytes)
        }
    }

    /// Returns the next event, or `nil` until more bytes arrive.
    /// - Throws: The same violation (code 1002) at each call after the peer has broken the framing.
    package mutating func next() throws(WebSocketViolation) -> FrameEvent? {
        if case .failed(let violation) = state { throw violation }
        guard var bytes = buffer else { return nil }
        buffer = nil
        // The memory is released between frames, because most connections are silent most of the time.
        defer { buffer = bytes.readableBytes == 0 ? (wantsEmptyPiece ? bytes : nil) : bytes }
        do {
            return try read(from: &bytes)
        } catch {
            state = .failed(error)
            bytes.clear()
            throw error
        }
    }

    /// Whether an event is due although no byte is left, because the current frame is empty.
    private var wantsEmptyPiece: Bool {
        if case .data(remaining: 0, _) = state { true } else { false }
    }

    private mutating func read(from bytes: inout ByteBuffer) throws(WebSocketViolation) -> FrameEvent? {
        if case .head = state {
            let read = try FrameHeader.read(from: &bytes, as: role, isDeflateAgreed: isDeflateAgreed)
            guard let header = read else { return nil }
            if header.opcode.isControl {
                state = .control(header)
            } else {
                state = .data(remaining: header.length, mask: header.maskingKey.map(FrameMask.init(key:)))
                return .dataBegan(header)
            }
        }
        switch state {
        case .control(let header): return readControl(header, from: &bytes)
        case .data(let remaining, let mask): return readPiece(remaining, mask: mask, from: &bytes)
        case .head, .failed: return nil
        }
    }

    private mutating func readControl(_ header: FrameHeader, from bytes: inout ByteBuffer) -> FrameEvent? {
        guard var payload = bytes.readSlice(length: header.length) else { return nil }
        if let key = header.maskingKey {
            var mask = FrameMask(key: key)
            mask.apply(to: &payload)
        }
        state = .head
        return .control(header.opcode, payload)
    }

    private mutating func readPiece(_ remaining: Int, mask: FrameMask?, from bytes: inout ByteBuffer) -> FrameEvent? {
        guard remaining == 0 || bytes.readableBytes > 0,
            var piece = bytes.readSlice(length: min(remaining, bytes.readableBytes))
        else { return nil }
        var mask = mask
        mask?.apply(to: &piece)
        let left = remaining - piece.readableBytes
        state = left == 0 ? .head : .data(remaining: left, mask: mask)
        return .dataPiece(piece, isLast: left == 0)
    }
}
