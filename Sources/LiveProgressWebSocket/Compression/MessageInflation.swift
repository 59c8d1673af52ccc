// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import NIOCore

/// Inflates the messages that one end receives, RFC 7692 section 7.2.2.
///
/// If no message refers to another, an inflater exists only while a message is incomplete.
struct MessageInflation: Sendable {
    /// The tail that the sender removed from each message.
    private static let tail = ByteBuffer(bytes: [0x00, 0x00, 0xFF, 0xFF])

    private let compression: WebSocketCompression
    private let role: WebSocketRole
    private var inflater: (any Inflater)?

    init(_ compression: WebSocketCompression, role: WebSocketRole) {
        self.compression = compression
        self.role = role
    }

    /// Inflates a piece of a message, and appends the result to the payload.
    mutating func add(_ piece: ByteBuffer, to payload: inout ByteBuffer, limit: Int) throws(WebSocketViolation) {
        if inflater == nil { inflater = compression.codec.makeInflater() }
        guard let inflater else { throw .outOfMemory }
        do throws(InflateError) {
            try inflater.inflate(piece, into: &payload, limit: limit)
        } catch {
            switch error {
            case .malformed: throw .notDeflate
            case .tooLong: throw .tooBig("A message has more than \(limit) bytes.")
            }
        }
    }

    /// Inflates the rest of a message after its last piece.
    mutating func finish(_ payload: inout ByteBuffer, limit: Int) throws(WebSocketViolation) {
        try add(Self.tail, to: &payload, limit: limit)
        inflater?.messageEnded()
        if !compression.parameters.incoming(of: role).keepsContext { inflater = nil }
    }
}

extension WebSocketViolation {
    static let notDeflate = Self(.invalidPayload, "The message cannot be inflated.")
    static let outOfMemory = Self(.internalError, "There is no memory for compression.")
}
