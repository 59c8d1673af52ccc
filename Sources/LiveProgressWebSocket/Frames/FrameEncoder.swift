// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import NIOCore

/// Encodes frames: unmasked as a server, masked as a client, each with a fresh random key.
package struct FrameEncoder: Sendable {
    private let role: WebSocketRole

    /// Creates an encoder for one end of a connection.
    /// - Parameter role: The end that writes.
    package init(role: WebSocketRole) {
        self.role = role
    }

    /// Appends one frame to a buffer.
    /// - Parameters:
    ///   - opcode: The type of the frame.
    ///   - payload: The payload; at most 125 bytes for a control frame.
    ///   - isFinal: Whether the frame is the last fragment of its message.
    ///   - isCompressed: Whether the message that begins with this frame is compressed.
    ///   - buffer: The buffer for the frame.
    package func encode(
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

    /// Returns one frame in a new buffer.
    /// - Parameters:
    ///   - opcode: The type of the frame.
    ///   - payload: The payload; at most 125 bytes for a control frame.
    ///   - isFinal: Whether the frame is the last fragment of its message.
    ///   - isCompressed: Whether the message that begins with this frame is compressed.
    /// - Returns: The bytes for the wire.
    package func encode(
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
