// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import NIOCore

/// Compresses the messages that one end sends, RFC 7692 section 7.2.1.
struct MessageDeflation: Sendable {
    /// The four bytes that the receiver puts back.
    private static let tailLength = 4

    private let compression: WebSocketCompression
    private let role: WebSocketRole
    private var deflater: (any Deflater)?
    private var hasFailed = false

    init(_ compression: WebSocketCompression, role: WebSocketRole) {
        self.compression = compression
        self.role = role
    }

    /// A message's payload compressed, or `nil` where it must go as it is, which is always allowed.
    mutating func compress(_ payload: ByteBuffer) -> ByteBuffer? {
        let (codec, direction) = (compression.codec, compression.parameters.outgoing(of: role))
        guard !hasFailed, codec.windowBits.contains(direction.windowBits) else { return nil }
        if deflater == nil { deflater = codec.makeDeflater(windowBits: direction.windowBits) }
        let output = deflater.flatMap { Self.compress(payload, with: $0) }
        guard let output else {
            // A stream that failed cannot be gone on with, and the peer still has the context that it had.
            hasFailed = true
            deflater = nil
            return nil
        }
        if !direction.keepsContext { deflater?.reset() }
        return output
    }

    /// A payload compressed by a deflater, without its tail.
    static func compress(_ payload: ByteBuffer, with deflater: any Deflater) -> ByteBuffer? {
        // Section 7.2.3.6: of an empty message nothing is left but the first byte of an empty block.
        guard payload.readableBytes > 0 else { return ByteBuffer(integer: UInt8(0)) }
        var output = ByteBuffer()
        output.reserveCapacity(payload.readableBytes / 2 + 32)
        guard deflater.deflate(payload, into: &output), output.readableBytes >= tailLength else { return nil }
        output.moveWriterIndex(to: output.writerIndex - tailLength)
        return output
    }
}
