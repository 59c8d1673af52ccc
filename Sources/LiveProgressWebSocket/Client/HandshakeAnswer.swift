// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import LiveProgressGrammar
internal import NIOHTTP1

/// A server's 101 response, checked as RFC 6455 section 4.1 requires of a client.
struct HandshakeAnswer {
    /// The subprotocol that the server chose.
    let subprotocol: String?
    /// The compression that the server accepted.
    let compression: WebSocketCompression?

    init(
        _ head: HTTPResponseHead,
        to key: HandshakeKey,
        offering subprotocols: [String],
        deflate: DeflateClient? = nil
    ) throws(WebSocketConnectError) {
        let upgrades = FieldList.elements(head.headers["upgrade"].joined(separator: ","))
        guard upgrades.count == 1, String(upgrades[0]).matches("websocket") else {
            throw .invalidAnswer("The Upgrade header is not websocket.")
        }
        guard head.headers.lists("upgrade", in: "connection") else {
            throw .invalidAnswer("The Connection header does not list Upgrade.")
        }
        let accepts = head.headers["sec-websocket-accept"]
        guard accepts.count == 1, accepts[0].utf8.elementsEqual(key.accept.utf8) else {
            throw .invalidAnswer("The Sec-WebSocket-Accept header does not match the key.")
        }
        let extensions = head.headers["sec-websocket-extensions"]
        guard deflate != nil || extensions.isEmpty else {
            throw .invalidAnswer("The server uses an extension that was not asked for.")
        }
        compression = try deflate?.accept(answer: extensions)
        let chosen = head.headers["sec-websocket-protocol"]
        guard chosen.count <= 1,
            chosen.allSatisfy({ text in subprotocols.contains { $0.utf8.elementsEqual(text.utf8) } })
        else {
            throw .invalidAnswer("The server chose a subprotocol that was not asked for.")
        }
        subprotocol = chosen.first
    }
}
