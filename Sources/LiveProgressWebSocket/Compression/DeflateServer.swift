// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import NIOHTTP1

/// The server's side of the permessage-deflate negotiation, RFC 7692 sections 5.1 and 7.1.
package struct DeflateServer: Sendable {
    /// The codec that compresses and inflates.
    package let codec: any DeflateCodec
    /// Whether messages may refer to earlier ones, in each direction that the client's offer permits.
    package let keepsContext: Bool
    /// The window sizes that the server can use for its messages; an offer that demands a smaller one is declined.
    package let windowBits: ClosedRange<Int>

    /// Creates a server that keeps the context where the client permits it, for connections with individual messages.
    /// - Parameter codec: The codec that compresses and inflates.
    package init(codec: any DeflateCodec) {
        self.init(codec: codec, keepsContext: true, windowBits: codec.windowBits)
    }

    /// Returns a server for messages that many clients receive as the same bytes.
    ///
    /// No message refers to another one, and all messages use the largest window.
    /// - Parameter codec: The codec that compresses and inflates.
    /// - Returns: The server.
    package static func shared(codec: any DeflateCodec) -> Self {
        let bits = codec.windowBits.upperBound
        return Self(codec: codec, keepsContext: false, windowBits: bits...bits)
    }

    private init(codec: any DeflateCodec, keepsContext: Bool, windowBits: ClosedRange<Int>) {
        self.codec = codec
        self.keepsContext = keepsContext
        self.windowBits = windowBits
    }

    /// Accepts the first offer that the server can satisfy.
    ///
    /// An offer with an unknown, malformed or repeated parameter is skipped. If a field breaks the grammar, all offers are
    /// ignored, because their meaning is unclear.
    /// - Parameter head: The client's handshake.
    /// - Returns: The negotiated compression, and the entry for the response; `nil` for no compression.
    package func accept(_ head: HTTPRequestHead) -> (compression: WebSocketCompression, answer: WebSocketExtension)? {
        guard let entries = WebSocketExtension.list(head.headers["sec-websocket-extensions"]) else { return nil }
        for entry in entries {
            guard let offer = DeflateEntry(entry), let (parameters, answer) = meet(offer) else { continue }
            return (WebSocketCompression(codec: codec, parameters: parameters), answer.entry)
        }
        return nil
    }

    private func meet(_ offer: DeflateEntry) -> (DeflateParameters, DeflateEntry)? {
        var parameters = DeflateParameters()
        var answer = DeflateEntry()
        answer.serverNoContext = offer.serverNoContext || !keepsContext
        answer.clientNoContext = offer.clientNoContext || !keepsContext
        parameters.server.keepsContext = !answer.serverNoContext
        parameters.client.keepsContext = !answer.clientNoContext
        parameters.server.windowBits = windowBits.upperBound
        if let bits = offer.serverBits {
            guard bits >= windowBits.lowerBound else { return nil }
            parameters.server.windowBits = min(bits, windowBits.upperBound)
        }
        // If an offer names the window, the response must too; the response always names a window below the maximum.
        if offer.serverBits != nil || windowBits.upperBound < 15 { answer.serverBits = parameters.server.windowBits }
        // The client promises to keep within the window that it names; the server can read any window.
        if case .exactly(let bits) = offer.clientBits { parameters.client.windowBits = bits }
        return (parameters, answer)
    }
}
