// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import NIOHTTP1

/// Why a client got no WebSocket.
public enum WebSocketConnectError: Error, Sendable, Hashable {
    /// The server answered the request with something else than an upgrade.
    case refused(WebSocketRefusal)
    /// The server's upgrade is not the one that was asked for; says what is wrong with it.
    case invalidAnswer(String)
    /// The server did not answer in time.
    case timedOut
    /// The connection is closed.
    case closed
}

/// An HTTP answer in place of an upgrade.
public struct WebSocketRefusal: Sendable, Hashable {
    /// The status code.
    public let status: UInt16
    /// The headers.
    public let headers: HTTPHeaders
    /// The body, at most its first 64 KiB.
    public let body: [UInt8]

    /// A refusal of the given parts.
    public init(status: UInt16, headers: HTTPHeaders, body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Header names do not take part: two equal lists of headers have equal counts.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(status)
        hasher.combine(headers.count)
        hasher.combine(body)
    }
}
