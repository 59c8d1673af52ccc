// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressWebSocket
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@_spi(Server) @testable import LiveProgressNIO

@Suite("Client and server over real sockets", .timeLimit(.minutes(5)))
struct LoopbackTests {
    @Test("Invariants 3 and 5: many watchers get every message in order, and the end", arguments: WritePath.allCases)
    func many(path: WritePath) async throws {
        try await LoopbackServer.with(writePath: path) { server in
            let connections = try await withThrowingTaskGroup(of: WebSocketClientConnection.self) { group in
                for _ in 0..<100 { group.addTask { try await server.connect() } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            await server.log.until { $0.joined == 100 }
            let texts = await withTaskGroup(of: [String].self) { group in
                for connection in connections { group.addTask { await connection.allTexts } }
                for _ in 0..<30 {
                    server.log.publish()
                    await Task.yield()
                }
                server.log.end()
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(texts.count == 100)
            for text in texts { #expect(text == (0...30).map(String.init)) }
            for connection in connections {
                #expect(await connection.closeReason == WebSocketCloseReason(code: 1000, reason: "ended"))
            }
            await server.log.until { $0.left == 100 && $0.wakers.isEmpty }
        }
    }

    @Test(
        "Invariant 11: with one watcher that never reads and one that vanishes, the others lose nothing",
        arguments: WritePath.allCases
    )
    func stalledAndVanished(path: WritePath) async throws {
        let log = TestLog(capacity: 100_000, padding: 2000)
        try await LoopbackServer.with(log: log, writePath: path) { server in
            let stalled = try await server.connectStalled()
            let vanished = try await server.connectStalled()
            let connections = [try await server.connect(), try await server.connect()]
            await server.log.until { $0.joined == 4 }
            let texts = try await withThrowingTaskGroup(of: [String].self) { group in
                for connection in connections { group.addTask { await connection.allTexts } }
                for number in 0..<2000 {
                    if number == 50 { try await vanished.close() }
                    server.log.publish()
                    if number.isMultiple(of: 20) { await Task.yield() }
                }
                await server.log.until { $0.left >= 1 }
                // Otherwise, the end could reach the stalled watcher in the same read as earlier messages.
                try await LoopbackServer.untilLoopsHaveTurned()
                server.log.end()
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for text in texts { #expect(text.map { $0.prefix { $0 != "." } } == (0...2000).map { "\($0)" }) }
            await server.log.until { $0.left >= 3 }
            #expect(server.log.now.left == 3, "the stalled watcher must not have received the end")
            try await stalled.close()
            await server.log.until { $0.left == 4 }
        }
    }

    @Test("Invariant 4: a client that reconnects with its cursor receives exactly the missed messages")
    func resume() async throws {
        try await LoopbackServer.with { server in
            server.log.publish(5)
            server.log.end()
            let connection = try await server.connect("/watch?cursor=2")
            #expect(await connection.allTexts == ["3", "4", "5"])
        }
    }

    @Test("The error of a rejected handshake has the status, headers and body of the response")
    func refused() async throws {
        try await LoopbackServer.with { server in
            do {
                _ = try await server.connect("/nothing")
                Issue.record("the response was accepted as an upgrade")
            } catch WebSocketConnectError.refused(let refusal) {
                #expect(refusal.status == 404)
                #expect(refusal.headers["connection"] == ["close"])
                #expect(String(decoding: refusal.body, as: UTF8.self) == "GET /nothing")
            }
        }
    }

    @Test("The client knows the chosen subprotocol, and rejects a subprotocol that it did not offer")
    func subprotocol() async throws {
        try await LoopbackServer.with { server in
            let connection = try await server.connect(subprotocols: ["live"])
            #expect(connection.subprotocol == "live")
            await connection.close()
            await #expect(throws: WebSocketConnectError.self) { try await server.connect(subprotocols: ["other"]) }
        }
    }

    @Test("A client closes with its code, and the server removes the watcher")
    func clientCloses() async throws {
        try await LoopbackServer.with { server in
            let connection = try await server.connect()
            await server.log.until { $0.joined == 1 }
            await connection.close(code: 3456, reason: "enough")
            #expect(await connection.closeReason.code == 3456)
            await server.log.until { $0.left == 1 }
            await #expect(throws: WebSocketConnectError.closed) { try await connection.send(text: "late") }
        }
    }

    @Test("A client that stops reading its messages leaves the server")
    func clientLeaves() async throws {
        try await LoopbackServer.with { server in
            let connection = try await server.connect()
            for await message in connection.messages {
                #expect(message.payload.text == "0")
                break
            }
            let task = Task {
                for await _ in try await server.connect().messages {}
            }
            await server.log.until { $0.joined == 2 }
            task.cancel()
            await server.log.until { $0.left >= 1 }
            await connection.close()
        }
    }

    @Test("The server answers the messages of a client")
    func conversation() async throws {
        try await LoopbackServer.with { server in
            let connection = try await server.connect()
            var messages = connection.messages.makeAsyncIterator()
            #expect(await messages.next()?.payload.text == "0")
            try await connection.send(text: "ask")
            #expect(await messages.next()?.payload.text == "answer")
            try await connection.send(text: "x")
            try await connection.send(text: "y")
            #expect(await messages.next()?.payload.text == "nonsense")
            #expect(await messages.next()?.payload.text == "nonsense")
            #expect(await messages.next() == nil)
            #expect(await connection.closeReason.code == 1008)
        }
    }

    @Test("A server that shuts down closes every connection with 1001", arguments: WritePath.allCases)
    func goesAway(path: WritePath) async throws {
        try await LoopbackServer.with(writePath: path) { server in
            let connections = [try await server.connect(), try await server.connect()]
            await server.log.until { $0.joined == 2 }
            server.registry.quiesce()
            for connection in connections {
                _ = await connection.allTexts
                #expect(await connection.closeReason.code == 1001)
            }
        }
    }

    @Test(
        "Invariant 10: a slow reader holds back the server's writes, and then receives every stored message",
        arguments: WritePath.allCases
    )
    func backPressure(path: WritePath) async throws {
        let log = TestLog(capacity: 100_000, padding: 4000)
        try await LoopbackServer.with(log: log, writePath: path) { server in
            let connection = try await server.connect()
            await server.log.until { $0.joined == 1 }
            for _ in 0..<3000 {
                server.log.publish()
                await Task.yield()
            }
            server.log.end()
            let numbers = await connection.allTexts.map { String($0.prefix { $0 != "." }) }
            #expect(numbers == (0...3000).map(String.init))
        }
    }

    @Test(
        "A response that is not a valid upgrade fails as an invalid answer or as refused",
        arguments: [
            (
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: no\r\n\r\n",
                true
            ),
            ("HTTP/1.1 101 Switching Protocols\r\n\r\n", true),
            ("SSH-2.0-OpenSSH_9.6\r\n", true),
            ("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 3\r\n\r\nno!", false),
            ("HTTP/1.1 503 Service Unavailable\r\n\r\nno!", false),
        ]
    )
    func nonsense(answer: String, isInvalid: Bool) async throws {
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { child in
                child.eventLoop.makeCompletedFuture {
                    try child.pipeline.syncOperations.addHandler(Parrot(answer: answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: server.localAddress?.port ?? 0).get()
        do {
            _ = try await WebSocketClientConnection.connect(
                over: channel,
                request: .init(target: "/", host: "localhost")
            )
            Issue.record("the response was accepted as an upgrade")
        } catch WebSocketConnectError.invalidAnswer {
            #expect(isInvalid)
        } catch WebSocketConnectError.refused(let refusal) {
            #expect(!isInvalid)
            #expect((refusal.status, refusal.body) == (503, Array("no!".utf8)))
        }
        try await channel.closeFuture.get()
        try await server.close()
    }

    /// A handler that answers any bytes with a fixed text, and closes.
    private final class Parrot: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let answer: String

        init(answer: String) {
            self.answer = answer
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(string: answer))).assumeIsolated()
                .whenComplete { _ in context.close(promise: nil) }
        }
    }
}
