// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import NIOHTTP1

/// A server's side of negotiating permessage-deflate, RFC 7692 section 5.1 and 7.1.
public struct DeflateServer: Sendable {
    /// What compresses.
    public let codec: any DeflateCodec
    /// Whether a message may refer to those before it, where the client lets the server's and wants its own to.
    public let keepsContext: Bool
    /// The windows that the server's messages may have; an offer that wants a smaller one is declined.
    public let windowBits: ClosedRange<Int>

    /// A server that keeps what the client lets it keep, for connections with messages of their own.
    /// - Parameter codec: What compresses.
    public init(codec: any DeflateCodec) {
        self.init(codec: codec, keepsContext: true, windowBits: codec.windowBits)
    }

    /// For messages that many clients get as the same bytes: each stands alone, and has the largest window.
    /// - Parameter codec: What compresses.
    /// - Returns: The server.
    public static func shared(codec: any DeflateCodec) -> Self {
        let bits = codec.windowBits.upperBound
        return Self(codec: codec, keepsContext: false, windowBits: bits...bits)
    }

    private init(codec: any DeflateCodec, keepsContext: Bool, windowBits: ClosedRange<Int>) {
        self.codec = codec
        self.keepsContext = keepsContext
        self.windowBits = windowBits
    }

    /// Takes the first offer that can be met.
    ///
    /// An offer with a parameter that is unknown, malformed or there twice is passed over. So is every offer where a field
    /// breaks the grammar, because nobody can tell what it offers.
    /// - Parameter head: The client's handshake.
    /// - Returns: What is agreed on, and the entry that the answer must have; `nil` for no compression.
    public func accept(_ head: HTTPRequestHead) -> (compression: WebSocketCompression, answer: WebSocketExtension)? {
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
        // An offer that names the window must be answered with one; a smaller one than the largest is told in any case.
        if offer.serverBits != nil || windowBits.upperBound < 15 { answer.serverBits = parameters.server.windowBits }
        // What a client says of its own window is a promise; any window can be read.
        if case .exactly(let bits) = offer.clientBits { parameters.client.windowBits = bits }
        return (parameters, answer)
    }
}
