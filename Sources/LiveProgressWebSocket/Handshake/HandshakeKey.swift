// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressGrammar

/// The `Sec-WebSocket-Key` of a handshake: 16 random bytes in base64, RFC 6455 section 4.1.
package struct HandshakeKey: Sendable, Hashable {
    /// The text that a server appends to the key, section 1.3.
    private static let suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    /// The key as it appears in the header.
    package let text: String

    /// Creates a key of 16 random bytes.
    package init() {
        text = Base64.encode((0..<16).map { _ in UInt8.random(in: .min ... .max) })
    }

    /// Creates a received key; `nil` if the text is not the base64 form of 16 bytes.
    package init?(_ text: some StringProtocol) {
        let text = String(text)
        guard Base64.isKey(text) else { return nil }
        self.text = text
    }

    /// The required value of the response's `Sec-WebSocket-Accept`, section 4.2.2.
    package var accept: String {
        Base64.encode(SHA1.hash(Array(text.utf8) + Self.suffix.utf8))
    }
}
