// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import NIOCore

/// What the frame decoder found next in the bytes received.
public enum FrameEvent: Sendable, Hashable {
    /// A text, binary or continuation frame begins; its payload follows in one piece or several.
    case dataBegan(FrameHeader)
    /// A piece of the data frame's payload, unmasked; an empty frame has one empty piece.
    case dataPiece(ByteBuffer, isLast: Bool)
    /// A whole close, ping or pong, unmasked.
    case control(FrameOpcode, ByteBuffer)
}

/// Takes frames out of bytes that may be cut anywhere.
///
/// Payload of data frames is handed on as it arrives and never gathered, so that the decoder holds at most one frame
/// head or control frame, whatever length a peer announces.
public struct FrameDecoder: Sendable {
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

    /// A decoder at the start of a stream of frames.
    /// - Parameters:
    ///   - role: The end that reads: a server wants masked frames, a client unmasked ones.
    ///   - isDeflateAgreed: Whether messages may be compressed: the first reserved bit is a violation otherwise.
    public init(role: WebSocketRole, isDeflateAgreed: Bool = false) {
        self.role = role
        self.isDeflateAgreed = isDeflateAgreed
    }

    /// Adds bytes received, behind those not read yet.
    public mutating func append(_ bytes: ByteBuffer) {
        if buffer == nil {
            buffer = bytes
        } else {
            // What is left is less than a head and a control frame; without this the buffer would grow for ever.
            buffer?.discardReadBytes()
            buffer?.writeImmutableBuffer(bytes)
        }
    }

    /// Takes out the next event, or gives `nil` until more bytes come.
    /// - Throws: The same violation (code 1002) at each call once the peer has broken the framing.
    public mutating func next() throws(WebSocketViolation) -> FrameEvent? {
        if case .failed(let violation) = state { throw violation }
        guard var bytes = buffer else { return nil }
        buffer = nil
        // Let go of the memory between frames: most connections are silent most of the time.
        defer { buffer = bytes.readableBytes == 0 ? (wantsEmptyPiece ? bytes : nil) : bytes }
        do {
            return try read(from: &bytes)
        } catch {
            state = .failed(error)
            bytes.clear()
            throw error
        }
    }

    /// Whether an event is due although no byte is left: the frame just begun is empty.
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
