// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressGrammar
public import NIOHTTP1

/// Why a request is no WebSocket handshake that one can accept.
public struct HandshakeRefusal: Error, Sendable, Hashable {
    /// The status to answer with: 426 for another version, 400 for what is malformed.
    public let status: UInt16
    /// What is wrong, for the answer's body.
    public let message: String
}

/// A client's handshake, checked as RFC 6455 section 4.2.1 asks.
public struct HandshakeRequest: Sendable, Hashable {
    /// The key, of which the answer makes its `Sec-WebSocket-Accept`.
    public let key: HandshakeKey
    /// The subprotocols asked for, the one most wanted first.
    public let subprotocols: [String]

    /// Whether a request asks for an upgrade to WebSocket, well-formed or not.
    /// - Parameter head: The request.
    /// - Returns: `true` where `Upgrade` lists `websocket`; other requests are plain HTTP.
    public static func isAsked(by head: HTTPRequestHead) -> Bool {
        head.headers.lists("websocket", in: "upgrade")
    }

    /// Reads a handshake.
    /// - Parameter head: A request for which ``isAsked(by:)`` holds.
    /// - Throws: The refusal that the client should be answered with.
    public init(_ head: HTTPRequestHead) throws(HandshakeRefusal) {
        guard head.method == .GET else { throw .malformed("A WebSocket handshake is a GET request.") }
        guard (head.version.major, head.version.minor) >= (1, 1) else {
            throw .malformed("A WebSocket handshake needs HTTP/1.1.")
        }
        let fields = HandshakeFields(head.headers)
        guard fields.hostCount == 1 else { throw .malformed("A request has exactly one Host header.") }
        guard fields.asksForWebSocket else { throw .malformed("The Upgrade header does not list websocket.") }
        guard fields.listsUpgrade else { throw .malformed("The Connection header does not list Upgrade.") }
        guard fields.versions.count == 1, fields.versions[0].utf8.elementsEqual("13".utf8) else {
            throw HandshakeRefusal(status: 426, message: "The Sec-WebSocket-Version header must be 13.")
        }
        guard fields.keys.count == 1, let key = HandshakeKey(fields.keys[0]) else {
            throw .malformed("Exactly one Sec-WebSocket-Key header must hold 16 bytes in base64.")
        }
        // What follows a handshake is frames, so that a body would be taken for such.
        guard !fields.announcesBody else { throw .malformed("A WebSocket handshake has no body.") }
        guard let subprotocols = FieldList.distinctTokens(fields.subprotocols.joined(separator: ",")) else {
            throw .malformed("The Sec-WebSocket-Protocol header must list different tokens.")
        }
        guard WebSocketExtension.list(fields.extensions) != nil else {
            // Ignoring it is not allowed: RFC 6455 section 9.1 has the connection fail.
            throw .malformed("The Sec-WebSocket-Extensions header is malformed.")
        }
        self.key = key
        self.subprotocols = subprotocols
    }

    /// The fields of the 101 answer that accepts the handshake, RFC 6455 section 4.2.2.
    /// - Parameters:
    ///   - subprotocol: The one of ``subprotocols`` that is spoken; `nil` speaks none of them.
    ///   - extension: The extension that is used, with what was agreed on; `nil` uses none.
    /// - Returns: The fields that the handshake needs, and no others.
    public func acceptance(subprotocol: String? = nil, extension: WebSocketExtension? = nil) -> HTTPHeaders {
        var headers: HTTPHeaders = [
            "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": key.accept,
        ]
        if let subprotocol { headers.add(name: "Sec-WebSocket-Protocol", value: subprotocol) }
        if let `extension` { headers.add(name: "Sec-WebSocket-Extensions", value: `extension`.text) }
        return headers
    }
}

extension HandshakeRefusal {
    static func malformed(_ message: String) -> Self {
        Self(status: 400, message: message)
    }
}
