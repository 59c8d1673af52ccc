// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import NIOHTTP1

/// The reason why a client could not open a WebSocket.
package enum WebSocketConnectError: Error, Sendable, Hashable {
    /// The server's response is not an upgrade.
    case refused(HandshakeResponse)
    /// The server's upgrade does not match the request; the text says why.
    case invalidAnswer(String)
    /// The server did not respond in time.
    case timedOut
    /// The connection is closed.
    case closed
}

/// An HTTP response in place of an upgrade.
package struct HandshakeResponse: Sendable, Hashable {
    /// The status code.
    package let status: UInt16
    /// The headers.
    package let headers: HTTPHeaders
    /// The first 64 KiB of the body.
    package let body: [UInt8]

    /// Creates a refusal of the given parts.
    package init(status: UInt16, headers: HTTPHeaders, body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Hashes the number of headers only, because equal lists of headers may differ in the case of their names.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(status)
        hasher.combine(headers.count)
        hasher.combine(body)
    }
}
