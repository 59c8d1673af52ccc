// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import NIOHTTP1

/// A client's request for a WebSocket.
package struct WebSocketClientRequest: Sendable {
    /// The request target, with path and query: `/api/v1/progress/x?cursor=e-1`.
    package var target: String
    /// The `Host` header: the name, and the port unless it is the scheme's default.
    package var host: String
    /// The subprotocols that the client supports, in order of preference.
    package var subprotocols: [String]
    /// Additional headers, such as `Authorization`.
    package var headers: HTTPHeaders
    /// The compression to offer; `nil`, the default, offers none.
    package var deflate: DeflateClient?

    /// Creates a request of the given parts.
    package init(
        target: String,
        host: String,
        subprotocols: [String] = [],
        headers: HTTPHeaders = [:],
        deflate: DeflateClient? = nil
    ) {
        self.deflate = deflate
        self.target = target
        self.host = host
        self.subprotocols = subprotocols
        self.headers = headers
    }

    func head(key: HandshakeKey) -> HTTPRequestHead {
        var headers: HTTPHeaders = [
            "Host": host, "Upgrade": "websocket", "Connection": "Upgrade",
            "Sec-WebSocket-Key": key.text, "Sec-WebSocket-Version": "13",
        ]
        if !subprotocols.isEmpty {
            headers.add(name: "Sec-WebSocket-Protocol", value: subprotocols.joined(separator: ", "))
        }
        if let deflate { headers.add(name: "Sec-WebSocket-Extensions", value: deflate.offer.text) }
        for (name, value) in self.headers where !headers.contains(name: name) { headers.add(name: name, value: value) }
        return HTTPRequestHead(version: .http1_1, method: .GET, uri: target, headers: headers)
    }
}
