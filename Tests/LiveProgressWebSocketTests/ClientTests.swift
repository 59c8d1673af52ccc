// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import LiveProgressWebSocket

@Suite("The client's handshake over an in-memory channel", .timeLimit(.minutes(1)))
struct ClientTests {
    /// Starts a client over an in-memory channel; returns the channel, the client's request and the client's task.
    private func dial(
        subprotocols: [String] = []
    ) async throws -> (
        channel: NIOAsyncTestingChannel, request: String, client: Task<WebSocketClientConnection, any Error>
    ) {
        let channel = NIOAsyncTestingChannel()
        try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).get()
        let client = Task {
            try await WebSocketClientConnection.connect(
                over: channel,
                request: WebSocketClientRequest(
                    target: "/watch?cursor=e-1",
                    host: "example.com:81",
                    subprotocols: subprotocols,
                    headers: ["Authorization": "Bearer t", "Upgrade": "ignored"]
                )
            )
        }
        let request = try await channel.waitForOutboundWrite(as: ByteBuffer.self)
        return (channel, request.text, client)
    }

    /// Returns a server's response to a request, with the frames directly after the response head.
    private func answer(
        to request: String,
        _ frames: ByteBuffer,
        connection: String = "Upgrade"
    ) throws -> ByteBuffer {
        let line = try #require(request.split(separator: "\r\n").first { $0.hasPrefix("Sec-WebSocket-Key: ") })
        let key = try #require(HandshakeKey(line.dropFirst(19)))
        let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: \(connection)\r\n"
        var bytes = ByteBuffer(string: head + "Sec-WebSocket-Accept: \(key.accept)\r\n\r\n")
        bytes.writeImmutableBuffer(frames)
        return bytes
    }

    /// Runs the channel's event loop, which has no thread, until the body returns.
    private func pumping<Value: Sendable>(
        _ channel: NIOAsyncTestingChannel,
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let pump = Task {
            while !Task.isCancelled {
                await channel.testingEventLoop.run()
                await Task.yield()
            }
        }
        defer { pump.cancel() }
        return try await body()
    }

    @Test("The request follows RFC 6455 section 4.1")
    func request() async throws {
        let (channel, request, client) = try await dial(subprotocols: ["a", "b"])
        #expect(request.hasPrefix("GET /watch?cursor=e-1 HTTP/1.1\r\n"))
        let lines = Set(request.split(separator: "\r\n"))
        #expect(
            lines.isSuperset(of: [
                "Host: example.com:81", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Protocol: a, b", "Authorization: Bearer t",
            ])
        )
        #expect(lines.count == 8)
        client.cancel()
        await #expect(throws: (any Error).self) { try await pumping(channel) { try await client.value } }
        #expect(!channel.isActive)
    }

    @Test("Frames directly after the response head are delivered")
    func framesBehind() async throws {
        let (channel, request, client) = try await dial()
        let frame = FrameEncoder(role: .server).encode(.text, ByteBuffer(string: "first"))
        try await channel.writeInbound(answer(to: request, frame))
        let connection = try await pumping(channel) { try await client.value }
        var messages = connection.messages.makeAsyncIterator()
        #expect(await messages.next()?.payload.text == "first")
        try await pumping(channel) { try await channel.close() }
        #expect(await messages.next() == nil)
        #expect(try await pumping(channel) { await connection.closeReason } == .abnormal)
    }

    /// With some of these values, NIO's decoder does not recognise an upgrade and would parse the next bytes as a
    /// response.
    @Test(
        "Invariant 11: bytes after the upgrade response are frames, even if the HTTP decoder sees no upgrade",
        arguments: ["Upgrade", "Upgrade\t", "x, Upgrade\t, y"]
    )
    func answersBehind(connection: String) async throws {
        let (channel, request, client) = try await dial()
        let behind = ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        let bytes = try answer(to: request, behind, connection: connection)
        try await channel.testingEventLoop.executeInContext { channel.pipeline.fireChannelRead(bytes) }
        let upgraded = try await pumping(channel) { try await client.value }
        let close = try await channel.waitForOutboundWrite(as: ByteBuffer.self)
        #expect(decode([close], as: .server).frames.compactMap(closeCode) == [1002])
        #expect(try await pumping(channel) { await upgraded.closeReason.code } == 1002)
    }

    @Test("Invariant 5: a last message is delivered if the server responds, sends it and closes in one read")
    func closesBehindAnswer() async throws {
        let (channel, request, client) = try await dial()
        let encoder = FrameEncoder(role: .server)
        var frames = encoder.encode(.text, ByteBuffer(string: "last"))
        encoder.encode(.close, WebSocketCloseReason(code: 1000).payload, into: &frames)
        let bytes = try answer(to: request, frames)
        // Run both events in one iteration of the event loop, like a socket that is readable and closed.
        try await channel.testingEventLoop.executeInContext {
            channel.pipeline.fireChannelRead(bytes)
            channel.pipeline.fireChannelInactive()
        }
        let connection = try await pumping(channel) { try await client.value }
        #expect(await connection.allTexts == ["last"])
        #expect(try await pumping(channel) { await connection.closeReason.code } == 1000)
    }

    @Test("The client masks its frames, and closes with 1002 after a masked frame from the server")
    func masks() async throws {
        let (channel, request, client) = try await dial()
        try await channel.writeInbound(answer(to: request, ByteBuffer()))
        let connection = try await pumping(channel) { try await client.value }
        try await pumping(channel) { try await connection.send(text: "hello") }
        let sent = try await channel.waitForOutboundWrite(as: ByteBuffer.self)
        #expect(decode([sent], as: .server).frames == [WholeFrame(opcode: .text, payload: "hello")])
        try await channel.writeInbound(clientFrame(.text, "masked"))
        let close = try await channel.waitForOutboundWrite(as: ByteBuffer.self)
        #expect(decode([close], as: .server).frames.compactMap(closeCode) == [1002])
        #expect(try await pumping(channel) { await connection.closeReason.code } == 1002)
    }

    @Test("The client gives up after the timeout if the server does not respond")
    func timeout() async throws {
        let (channel, _, client) = try await dial()
        await channel.testingEventLoop.advanceTime(by: .seconds(11))
        await #expect(throws: WebSocketConnectError.timedOut) { try await pumping(channel) { try await client.value } }
        #expect(!channel.isActive)
    }

    @Test("The connect call throws closed if the server closes without a response")
    func closes() async throws {
        let (channel, _, client) = try await dial()
        try await pumping(channel) { try await channel.close() }
        await #expect(throws: WebSocketConnectError.closed) { try await pumping(channel) { try await client.value } }
    }

    @Test("The client's heartbeat closes the connection if the server does not answer a ping")
    func heartbeat() async throws {
        let (channel, request, client) = try await dial()
        try await channel.writeInbound(answer(to: request, ByteBuffer()))
        let connection = try await pumping(channel) { try await client.value }
        await channel.testingEventLoop.advanceTime(by: .seconds(26))
        let ping = try await channel.waitForOutboundWrite(as: ByteBuffer.self)
        #expect(decode([ping], as: .server).frames.map(\.opcode) == [.ping])
        await channel.testingEventLoop.advanceTime(by: .seconds(11))
        #expect(try await pumping(channel) { await connection.closeReason.code } == 1011)
        await channel.testingEventLoop.advanceTime(by: .seconds(6))
        #expect(!channel.isActive)
    }
}
