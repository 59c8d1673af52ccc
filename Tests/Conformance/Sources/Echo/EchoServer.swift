// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOHTTP1
import NIOPosix

@_spi(Server) @testable import LiveProgressNIO
@testable import LiveProgressWebSocket

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A WebSocket echo server on the loopback address.
///
/// The library handles the upgrade, the frames and the messages.
struct EchoServer {
    let port: Int
    let deflate: DeflateServer?

    func run() async throws {
        let registry = ConnectionRegistry()
        let setup = ConnectionSetup(registry: registry) { head, _ in decide(head) }
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // The peer may end its stream before a close frame. The library must handle that end, not the channel.
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { child in
                child.eventLoop.makeCompletedFuture { _ = try setup.configure(child, addHTTPHandlers: refuse) }
            }
            .bind(host: "127.0.0.1", port: port).get()
        print("listening on ws://127.0.0.1:\(channel.localAddress?.port ?? port)/")
        // The parent process may read the line through a pipe.
        fflush(nil)
        try await channel.closeFuture.get()
    }

    private func decide(_ head: HTTPRequestHead) -> ConnectionDecision {
        guard let handshake = try? HandshakeRequest(head) else { return .http }
        let agreement = deflate?.accept(head)
        let headers = handshake.acceptance(extension: agreement?.answer)
        return .upgrade(
            ConnectionDecision.Upgrade(headers: headers) { channel in [handler(on: channel, agreement?.compression)] }
        )
    }

    private func handler(on channel: any Channel, _ compression: WebSocketCompression?) -> WebSocketHandler {
        WebSocketHandler(
            machine: WebSocketConnection(role: .server, configuration: .conformance, compression: compression),
            timers: LoopTimers(eventLoop: channel.eventLoop, tickLength: .milliseconds(100)),
            delegate: EchoDelegate(channel: channel)
        )
    }

    /// Closes the connection, because the server serves only WebSockets.
    private func refuse(_ channel: any Channel) -> EventLoopFuture<Void> {
        channel.close()
    }
}

extension WebSocketConfiguration {
    /// The limits that the cases need: messages of 16 MiB, also in fragments of 256 bytes.
    static var conformance: Self {
        Self(limits: WebSocketLimits(maximumMessageSize: 16 << 20, maximumFragments: 1 << 16), heartbeat: nil)
    }
}
