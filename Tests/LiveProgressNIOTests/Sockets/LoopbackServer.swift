// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressWebSocket
import NIOCore
import NIOPosix

@testable @_spi(Server) import LiveProgressNIO

/// A server on a free port of 127.0.0.1: `/watch` is upgraded to a watcher of the log, every other request gets 404.
struct LoopbackServer: Sendable {
    let channel: any Channel
    let log: TestLog
    let registry: ConnectionRegistry

    var port: Int { channel.localAddress?.port ?? 0 }

    static func with<Value: Sendable>(
        log: TestLog = TestLog(),
        writePath: WritePath = .direct,
        _ body: (LoopbackServer) async throws -> Value
    ) async throws -> Value {
        let configuration = WatcherConfiguration(connection: .patient, slowLimit: .seconds(3600), writePath: writePath)
        let setup = ConnectionSetup(watching: log, fanout: Fanout(configuration: configuration))
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelOption(.socketOption(.so_sndbuf), value: 16 * 1024)
            .childChannelInitializer { child in
                child.eventLoop.makeCompletedFuture {
                    _ = try setup.configure(child, addHTTPHandlers: addPlainResponder)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = LoopbackServer(channel: channel, log: log, registry: setup.registry)
        do {
            let value = try await body(server)
            try await channel.close()
            return value
        } catch {
            try await channel.close()
            throw error
        }
    }

    /// Returns after every event loop has run the tasks that were queued before the call.
    static func untilLoopsHaveTurned() async throws {
        for loop in MultiThreadedEventLoopGroup.singleton.makeIterator() { try await loop.submit {}.get() }
    }

    /// Returns a connected channel with an empty pipeline.
    func dial() async throws -> any Channel {
        try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.socketOption(.so_rcvbuf), value: 16 * 1024)
            .connect(host: "127.0.0.1", port: port).get()
    }

    func connect(
        _ target: String = "/watch",
        subprotocols: [String] = []
    ) async throws -> WebSocketClientConnection {
        try await WebSocketClientConnection.connect(
            over: dial(),
            request: WebSocketClientRequest(target: target, host: "127.0.0.1:\(port)", subprotocols: subprotocols),
            configuration: .patient,
            timeout: .seconds(3600)
        )
    }

    /// Returns the channel of a watcher that sends the handshake and never reads.
    func connectStalled() async throws -> any Channel {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.autoRead, value: false)
            .channelOption(.socketOption(.so_rcvbuf), value: 4 * 1024)
            .connect(host: "127.0.0.1", port: port).get()
        try await channel.writeAndFlush(handshake("/watch"))
        return channel
    }
}
