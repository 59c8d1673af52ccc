// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import NIOCore

/// Compresses the messages that one end sends, RFC 7692 section 7.2.1.
struct MessageDeflation: Sendable {
    /// The length of the tail that the sender removes and the receiver appends again.
    private static let tailLength = 4

    private let compression: WebSocketCompression
    private let role: WebSocketRole
    private var deflater: (any Deflater)?
    private var hasFailed = false

    init(_ compression: WebSocketCompression, role: WebSocketRole) {
        self.compression = compression
        self.role = role
    }

    /// Compresses the payload of a message; `nil` if it must be sent uncompressed, which is always permitted.
    mutating func compress(_ payload: ByteBuffer) -> ByteBuffer? {
        let (codec, direction) = (compression.codec, compression.parameters.outgoing(of: role))
        guard !hasFailed, codec.windowBits.contains(direction.windowBits) else { return nil }
        if deflater == nil { deflater = codec.makeDeflater(windowBits: direction.windowBits) }
        let output = deflater.flatMap { Self.compress(payload, with: $0) }
        guard let output else {
            // A failed stream cannot continue, and the peer still has the earlier context.
            hasFailed = true
            deflater = nil
            return nil
        }
        if !direction.keepsContext { deflater?.reset() }
        return output
    }

    /// Compresses a payload with a deflater, and removes the tail.
    static func compress(_ payload: ByteBuffer, with deflater: any Deflater) -> ByteBuffer? {
        // Section 7.2.3.6: an empty message is sent as the first byte of an empty block.
        guard payload.readableBytes > 0 else { return ByteBuffer(integer: UInt8(0)) }
        var output = ByteBuffer()
        output.reserveCapacity(payload.readableBytes / 2 + 32)
        guard deflater.deflate(payload, into: &output), output.readableBytes >= tailLength else { return nil }
        output.moveWriterIndex(to: output.writerIndex - tailLength)
        return output
    }
}
