// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import NIOHTTP1

/// What a client asks a server for.
public struct WebSocketClientRequest: Sendable {
    /// The request target, path and query: `/api/v1/progress/x?cursor=e-1`.
    public var target: String
    /// The `Host` header: the name, and the port where it is not the scheme's own.
    public var host: String
    /// The subprotocols that the client speaks, the one most wanted first.
    public var subprotocols: [String]
    /// Further headers, such as `Authorization`.
    public var headers: HTTPHeaders
    /// The compression to ask for; `nil`, the default, asks for none.
    public var deflate: DeflateClient?

    /// A request of the given parts.
    public init(
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
