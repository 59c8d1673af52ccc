// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressGrammar
package import NIOHTTP1

/// The reason why a request is not an acceptable WebSocket handshake.
package struct HandshakeError: Error, Sendable, Hashable {
    /// The status code of the response: 426 for another version, 400 for a malformed handshake.
    package let status: UInt16
    /// The problem, for the body of the response.
    package let message: String
}

/// A client's handshake, checked as RFC 6455 section 4.2.1 requires.
package struct HandshakeRequest: Sendable, Hashable {
    /// The key, from which the response's `Sec-WebSocket-Accept` is computed.
    package let key: HandshakeKey
    /// The offered subprotocols, in order of preference.
    package let subprotocols: [String]

    /// Returns whether a request asks for an upgrade to WebSocket, well-formed or not.
    /// - Parameter head: The head of the request.
    /// - Returns: `true` if `Upgrade` lists `websocket`; other requests are plain HTTP.
    package static func isAsked(by head: HTTPRequestHead) -> Bool {
        head.headers.lists("websocket", in: "upgrade")
    }

    /// Reads a handshake.
    /// - Parameter head: A request for which ``isAsked(by:)`` holds.
    /// - Throws: The refusal to send to the client.
    package init(_ head: HTTPRequestHead) throws(HandshakeError) {
        guard head.method == .GET else { throw .malformed("A WebSocket handshake is a GET request.") }
        guard (head.version.major, head.version.minor) >= (1, 1) else {
            throw .malformed("A WebSocket handshake needs HTTP/1.1.")
        }
        let fields = HandshakeFields(head.headers)
        guard fields.hostCount == 1 else { throw .malformed("A request has exactly one Host header.") }
        guard fields.asksForWebSocket else { throw .malformed("The Upgrade header does not list websocket.") }
        guard fields.listsUpgrade else { throw .malformed("The Connection header does not list Upgrade.") }
        guard fields.versions.count == 1, fields.versions[0].utf8.elementsEqual("13".utf8) else {
            throw HandshakeError(status: 426, message: "The Sec-WebSocket-Version header must be 13.")
        }
        guard fields.keys.count == 1, let key = HandshakeKey(fields.keys[0]) else {
            throw .malformed("Exactly one Sec-WebSocket-Key header must hold 16 bytes in base64.")
        }
        // Frames follow the handshake, so the server would read a body as frames.
        guard !fields.announcesBody else { throw .malformed("A WebSocket handshake has no body.") }
        guard let subprotocols = FieldList.distinctTokens(fields.subprotocols.joined(separator: ",")) else {
            throw .malformed("The Sec-WebSocket-Protocol header must list different tokens.")
        }
        guard WebSocketExtension.list(fields.extensions) != nil else {
            // The entry must not be ignored: RFC 6455 section 9.1 requires the connection to fail.
            throw .malformed("The Sec-WebSocket-Extensions header is malformed.")
        }
        self.key = key
        self.subprotocols = subprotocols
    }

    /// Returns the fields of the 101 response that accepts the handshake, RFC 6455 section 4.2.2.
    /// - Parameters:
    ///   - subprotocol: The chosen one of ``subprotocols``; `nil` for none.
    ///   - extension: The accepted extension with its parameters; `nil` for none.
    /// - Returns: The fields that the handshake needs, and no others.
    package func acceptance(subprotocol: String? = nil, extension: WebSocketExtension? = nil) -> HTTPHeaders {
        var headers: HTTPHeaders = [
            "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": key.accept,
        ]
        if let subprotocol { headers.add(name: "Sec-WebSocket-Protocol", value: subprotocol) }
        if let `extension` { headers.add(name: "Sec-WebSocket-Extensions", value: `extension`.text) }
        return headers
    }
}

extension HandshakeError {
    static func malformed(_ message: String) -> Self {
        Self(status: 400, message: message)
    }
}
