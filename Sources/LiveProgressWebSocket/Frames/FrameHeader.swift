// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import NIOCore

/// The type of a frame: the four opcode bits of RFC 6455 section 5.2; all other values are reserved.
package enum FrameOpcode: UInt8, Sendable, Hashable {
    /// Another fragment of the current message.
    case continuation = 0x0
    /// A text message, or its first fragment.
    case text = 0x1
    /// A binary message, or its first fragment.
    case binary = 0x2
    /// A frame of the close handshake.
    case close = 0x8
    /// A frame that the peer must answer with a pong.
    case ping = 0x9
    /// The response to a ping.
    case pong = 0xA

    /// Whether the frame is a control frame: short, not fragmented, and allowed between the fragments of a message.
    package var isControl: Bool { rawValue & 0x8 != 0 }
}

/// The head of one frame, RFC 6455 section 5.2.
package struct FrameHeader: Sendable, Hashable {
    /// Whether the frame is the last fragment of its message.
    package var isFinal: Bool
    /// The type of the frame.
    package var opcode: FrameOpcode
    /// The number of payload bytes after the head.
    package var length: Int
    /// The masking key, with the first byte on the wire in the highest bits; `nil` for an unmasked frame.
    package var maskingKey: UInt32?
    /// Whether the message that begins with this frame is compressed: the first reserved bit, RFC 7692 section 6.
    package var isCompressed: Bool

    /// Creates a head of the given parts.
    package init(
        isFinal: Bool = true,
        opcode: FrameOpcode,
        length: Int,
        maskingKey: UInt32? = nil,
        isCompressed: Bool = false
    ) {
        self.isFinal = isFinal
        self.isCompressed = isCompressed
        self.opcode = opcode
        self.length = length
        self.maskingKey = maskingKey
    }

    /// The maximum payload of a control frame, in bytes.
    package static let maximumControlLength = 125
}

extension FrameHeader {
    /// Reads a head and moves past it; returns `nil` and moves nothing if bytes are missing.
    ///
    /// An invalid head is refused at its first wrong byte, before the rest has arrived.
    /// - Parameters:
    ///   - buffer: The received bytes.
    ///   - role: The end that reads: a server requires masked frames, a client unmasked ones.
    ///   - isDeflateAgreed: Whether a message may be compressed.
    /// - Returns: The head, or `nil` until more bytes arrive.
    /// - Throws: A violation with code 1002.
    static func read(
        from buffer: inout ByteBuffer,
        as role: WebSocketRole,
        isDeflateAgreed: Bool = false
    ) throws(WebSocketViolation) -> Self? {
        let start = buffer.readerIndex
        guard let first = buffer.getInteger(at: start, as: UInt8.self) else { return nil }
        guard first & (isDeflateAgreed ? 0x30 : 0x70) == 0 else { throw .protocolError("A reserved bit is set.") }
        guard let opcode = FrameOpcode(rawValue: first & 0x0F) else { throw .protocolError("The opcode is reserved.") }
        let isCompressed = first & 0x40 != 0
        guard !isCompressed || opcode == .text || opcode == .binary else {
            throw .protocolError("A frame that begins no message is marked as compressed.")
        }
        let isFinal = first & 0x80 != 0
        guard isFinal || !opcode.isControl else { throw .protocolError("A control frame is fragmented.") }
        guard let second = buffer.getInteger(at: start + 1, as: UInt8.self) else { return nil }
        let isMasked = second & 0x80 != 0
        guard isMasked == (role == .server) else {
            throw .protocolError(isMasked ? "A server's frame is masked." : "A client's frame is not masked.")
        }
        guard second & 0x7F <= maximumControlLength || !opcode.isControl else {
            throw .protocolError("A control frame is longer than 125 bytes.")
        }
        guard let (length, lengthEnd) = try readLength(second & 0x7F, at: start + 2, of: buffer) else { return nil }
        guard isMasked else {
            buffer.moveReaderIndex(to: lengthEnd)
            return Self(isFinal: isFinal, opcode: opcode, length: length, isCompressed: isCompressed)
        }
        guard let key = buffer.getInteger(at: lengthEnd, as: UInt32.self) else { return nil }
        buffer.moveReaderIndex(to: lengthEnd + 4)
        return Self(isFinal: isFinal, opcode: opcode, length: length, maskingKey: key, isCompressed: isCompressed)
    }

    /// Returns the length and the index after it; section 5.2 requires the shortest form and a highest bit of zero.
    private static func readLength(
        _ short: UInt8,
        at index: Int,
        of buffer: ByteBuffer
    ) throws(WebSocketViolation) -> (length: Int, end: Int)? {
        switch short {
        case 126:
            guard let length = buffer.getInteger(at: index, as: UInt16.self) else { return nil }
            guard length > 125 else { throw .protocolError("A length is not in its shortest form.") }
            return (Int(length), index + 2)
        case 127:
            guard let length = buffer.getInteger(at: index, as: UInt64.self) else { return nil }
            guard length > UInt16.max else { throw .protocolError("A length is not in its shortest form.") }
            guard length <= UInt64(Int64.max) else { throw .protocolError("A length has its highest bit set.") }
            return (Int(length), index + 8)
        default:
            return (Int(short), index)
        }
    }

    /// Appends the head to a buffer, with its length in the shortest form.
    package func write(to buffer: inout ByteBuffer) {
        buffer.writeInteger((isFinal ? 0x80 : 0) | (isCompressed ? 0x40 : 0) | opcode.rawValue)
        let mask: UInt8 = maskingKey == nil ? 0 : 0x80
        switch length {
        case ...125:
            buffer.writeInteger(mask | UInt8(length))
        case ...Int(UInt16.max):
            buffer.writeMultipleIntegers(mask | 126, UInt16(length))
        default:
            buffer.writeMultipleIntegers(mask | 127, UInt64(length))
        }
        if let maskingKey { buffer.writeInteger(maskingKey) }
    }
}
