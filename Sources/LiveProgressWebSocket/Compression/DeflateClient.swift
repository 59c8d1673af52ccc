// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A client's side of negotiating permessage-deflate, RFC 7692 section 5.1 and 7.1.
public struct DeflateClient: Sendable {
    /// What compresses.
    public let codec: any DeflateCodec
    /// Whether the client's messages may refer to earlier ones, where the server does not ask that they do not.
    ///
    /// Not by default: a client that watches sends little, and the server need not remember it.
    public var keepsContext: Bool
    /// Whether the server's may; without it, the client needs no memory for that between messages.
    public var serverKeepsContext: Bool

    /// A client of the given wishes.
    public init(codec: any DeflateCodec, keepsContext: Bool = false, serverKeepsContext: Bool = true) {
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

    /// The one offer, as an entry of the field.
    public var offer: WebSocketExtension { entry.entry }

    /// Reads the server's answer to the ``offer``.
    /// - Parameter fields: The values of the `Sec-WebSocket-Extensions` fields of the answer.
    /// - Returns: What is agreed on; `nil` where the server takes no extension.
    /// - Throws: ``WebSocketConnectError/invalidAnswer(_:)`` where it is no answer to the offer; the connection must be
    ///   failed then (RFC 7692 section 5.1).
    public func accept(answer fields: [String]) throws(WebSocketConnectError) -> WebSocketCompression? {
        guard let entries = WebSocketExtension.list(fields) else {
            throw .invalidAnswer("The Sec-WebSocket-Extensions header is malformed.")
        }
        guard let first = entries.first else { return nil }
        guard entries.count == 1, let answer = DeflateEntry(first), answer.clientBits != .any else {
            throw .invalidAnswer("The server uses an extension that was not asked for, or its parameters are wrong.")
        }
        guard serverKeepsContext || answer.serverNoContext else {
            throw .invalidAnswer("The server keeps its compression's context, which it was asked not to.")
        }
        var parameters = DeflateParameters()
        parameters.server.keepsContext = !answer.serverNoContext
        parameters.server.windowBits = answer.serverBits ?? 15
        parameters.client.keepsContext = keepsContext && !answer.clientNoContext
        if case .exactly(let bits) = answer.clientBits { parameters.client.windowBits = bits }
        return WebSocketCompression(codec: codec, parameters: parameters)
    }
}
