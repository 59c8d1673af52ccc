// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP
import LiveProgressWebSocket
import NIOCore
import NIOHTTP1

@testable @_spi(Server) import LiveProgressNIO

/// A handler that answers every plain request with 404 and a body of method and target.
final class PlainResponder: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private var head: HTTPRequestHead?

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
        case .body:
            break
        case .end:
            guard let head else { return }
            let body = "\(head.method) \(head.uri)"
            let response = HTTPResponseHead(
                version: .http1_1,
                status: .notFound,
                headers: ["Content-Length": "\(body.utf8.count)"]
            )
            context.write(Self.wrapOutboundOut(.head(response)), promise: nil)
            context.write(Self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
            context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}

/// Adds a ``PlainResponder``.
@Sendable func addPlainResponder(to channel: any Channel) -> EventLoopFuture<Void> {
    channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(PlainResponder()) }
}

extension ConnectionSetup {
    /// Creates a setup that upgrades `/watch` to a watcher of the log, from the cursor after `=`; a ``PlainResponder``
    /// answers other requests.
    init(watching log: TestLog, fanout: Fanout, registry: ConnectionRegistry = ConnectionRegistry()) {
        var limits = ConnectionLimits()
        // The machine may be slow, and the tests of watchers do not test this timeout.
        limits.headTimeout = .seconds(3600)
        self.init(limits: limits, registry: registry) { head, _ in
            guard head.uri.hasPrefix("/watch"), let handshake = try? HandshakeRequest(head) else { return .http }
            let cursor = head.uri.split(separator: "=").dropFirst().first.map(String.init)
            let subprotocol = handshake.subprotocols.isEmpty ? nil : "live"
            return .upgrade(
                ConnectionDecision.Upgrade(headers: handshake.acceptance(subprotocol: subprotocol)) { channel in
                    let loop = fanout.loop(channel.eventLoop)
                    return [loop.makeHandler(for: .init(of: loop, source: log, cursor: cursor))]
                }
            )
        }
    }
}

/// Returns the bytes of a handshake.
func handshake(_ target: String, key: String = "dGhlIHNhbXBsZSBub25jZQ==", _ more: String = "") -> ByteBuffer {
    ByteBuffer(
        string: """
            GET \(target) HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r
            Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \(key)\r\n\(more)\r\n
            """
    )
}
