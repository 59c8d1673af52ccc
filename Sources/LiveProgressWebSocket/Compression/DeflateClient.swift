// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The client's side of the permessage-deflate negotiation, RFC 7692 sections 5.1 and 7.1.
package struct DeflateClient: Sendable {
    /// The codec that compresses and inflates.
    package let codec: any DeflateCodec
    /// Whether the client's messages may refer to earlier ones, unless the server forbids it.
    ///
    /// The default is `false`: a watching client sends little, so the server need not keep the context.
    package var keepsContext: Bool
    /// Whether the server's messages may refer to earlier ones; if not, the client keeps no context between messages.
    package var serverKeepsContext: Bool

    /// Creates a client with the given preferences.
    package init(codec: any DeflateCodec, keepsContext: Bool = false, serverKeepsContext: Bool = true) {
        self.codec = codec
        self.keepsContext = keepsContext
        self.serverKeepsContext = serverKeepsContext
    }

    private var entry: DeflateEntry {
        var entry = DeflateEntry()
        entry.serverNoContext = !serverKeepsContext
        entry.clientNoContext = !keepsContext
        entry.clientBits = .any
        return entry
    }

    /// The client's only offer, as an entry of the header field.
    package var offer: WebSocketExtension { entry.entry }

    /// Reads the server's response to the ``offer``.
    /// - Parameter fields: The values of the response's `Sec-WebSocket-Extensions` fields.
    /// - Returns: The negotiated compression; `nil` if the server accepts no extension.
    /// - Throws: ``WebSocketConnectError/invalidAnswer(_:)`` if the response does not match the offer; fail the connection then
    ///   (RFC 7692 section 5.1).
    package func accept(answer fields: [String]) throws(WebSocketConnectError) -> WebSocketCompression? {
        guard let entries = WebSocketExtension.list(fields) else {
            throw .invalidAnswer("The Sec-WebSocket-Extensions header is malformed.")
        }
        guard let first = entries.first else { return nil }
        guard entries.count == 1, let answer = DeflateEntry(first), answer.clientBits != .any else {
            throw .invalidAnswer("The server uses an extension that was not asked for, or its parameters are wrong.")
        }
        guard serverKeepsContext || answer.serverNoContext else {
            throw .invalidAnswer("The server keeps its compression context, although the client forbade it.")
        }
        var parameters = DeflateParameters()
        parameters.server.keepsContext = !answer.serverNoContext
        parameters.server.windowBits = answer.serverBits ?? 15
        parameters.client.keepsContext = keepsContext && !answer.clientNoContext
        if case .exactly(let bits) = answer.clientBits { parameters.client.windowBits = bits }
        return WebSocketCompression(codec: codec, parameters: parameters)
    }
}
