// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import NIOCore

/// Writes frames: unmasked as a server, masked with a fresh random key each as a client.
public struct FrameEncoder: Sendable {
    private let role: WebSocketRole

    /// An encoder for one end of a connection.
    /// - Parameter role: The end that writes.
    public init(role: WebSocketRole) {
        self.role = role
    }

    /// Writes one frame behind what `buffer` holds.
    /// - Parameters:
    ///   - opcode: What the frame is for.
    ///   - payload: Its payload; at most 125 bytes for a control frame.
    ///   - isFinal: Whether the frame is the last fragment of its message.
    ///   - isCompressed: Whether the message that the frame begins is compressed.
    ///   - buffer: Where the frame goes.
    public func encode(
        _ opcode: FrameOpcode,
        _ payload: ByteBuffer,
        isFinal: Bool = true,
        isCompressed: Bool = false,
        into buffer: inout ByteBuffer
    ) {
        precondition(!opcode.isControl || payload.readableBytes <= FrameHeader.maximumControlLength)
        let key: UInt32? = role == .client ? .random(in: .min ... .max) : nil
        let header = FrameHeader(
            isFinal: isFinal,
            opcode: opcode,
            length: payload.readableBytes,
            maskingKey: key,
            isCompressed: isCompressed
        )
        buffer.reserveCapacity(minimumWritableBytes: payload.readableBytes + 14)
        header.write(to: &buffer)
        if let key {
            var masked = payload
            var mask = FrameMask(key: key)
            mask.apply(to: &masked)
            buffer.writeImmutableBuffer(masked)
        } else {
            buffer.writeImmutableBuffer(payload)
        }
    }

    /// One frame in a buffer of its own.
    /// - Parameters:
    ///   - opcode: What the frame is for.
    ///   - payload: Its payload; at most 125 bytes for a control frame.
    ///   - isFinal: Whether the frame is the last fragment of its message.
    ///   - isCompressed: Whether the message that the frame begins is compressed.
    /// - Returns: The bytes for the wire.
    public func encode(
        _ opcode: FrameOpcode,
        _ payload: ByteBuffer,
        isFinal: Bool = true,
        isCompressed: Bool = false
    ) -> ByteBuffer {
        var buffer = ByteBuffer()
        encode(opcode, payload, isFinal: isFinal, isCompressed: isCompressed, into: &buffer)
        return buffer
    }
}
