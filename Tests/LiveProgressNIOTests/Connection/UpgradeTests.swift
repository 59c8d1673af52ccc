// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressWebSocket
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable @_spi(Server) import LiveProgressNIO

@Suite("The upgrade in a server's pipeline")
struct UpgradeTests {
    /// A server's in-memory channel: `/watch` is upgraded, every other request gets 404.
    final class Server {
        let channel = EmbeddedChannel()
        let log = TestLog()
        let registry = ConnectionRegistry()
        let outcome: EventLoopFuture<ConnectionOutcome<Void>>

        init() throws {
            let setup = ConnectionSetup(watching: log, fanout: Fanout(), registry: registry)
            outcome = try setup.configure(channel, addHTTPHandlers: addPlainResponder)
            channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
            channel.embeddedEventLoop.run()
        }

        var isUpgraded: Bool {
            get throws { if case .upgraded = try outcome.wait() { true } else { false } }
        }

        func receive(_ bytes: ByteBuffer) throws {
            if channel.isActive { try channel.writeInbound(bytes) }
            channel.embeddedEventLoop.run()
        }

        /// The bytes written since the previous access.
        var written: ByteBuffer {
            get throws {
                var all = ByteBuffer()
                while let bytes = try channel.readOutbound(as: ByteBuffer.self) { all.writeImmutableBuffer(bytes) }
                return all
            }
        }

        /// Returns the head of the response, and the bytes after it.
        func answer() throws -> (head: String, rest: ByteBuffer) {
            var bytes = try written
            let text = String(decoding: bytes.readableBytesView, as: Unicode.ASCII.self)
            let end = try #require(text.firstRange(of: "\r\n\r\n"))
            let head = bytes.readString(length: text[..<end.upperBound].utf8.count) ?? ""
            return (head, bytes)
        }
    }

    @Test("A valid handshake gets 101, Sec-WebSocket-Accept and the subprotocol; frames follow")
    func upgrades() throws {
        let server = try Server()
        try server.receive(handshake("/watch", "Sec-WebSocket-Protocol: live\r\n"))
        let (head, rest) = try server.answer()
        #expect(head.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
        #expect(head.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
        #expect(head.contains("Sec-WebSocket-Protocol: live\r\n"))
        #expect(!head.lowercased().contains("transfer-encoding"))
        #expect(serverFrames(rest).map(\.payload) == ["0"])
        #expect(try server.isUpgraded)
        server.log.publish()
        server.channel.embeddedEventLoop.run()
        #expect(serverFrames(try server.written).map(\.payload) == ["1"])
    }

    @Test("After the upgrade, only the WebSocket handler remains")
    func oneHandler() throws {
        let server = try Server()
        try server.receive(handshake("/watch"))
        let pipeline = server.channel.pipeline.syncOperations
        #expect(throws: Never.self) { try pipeline.handler(type: WebSocketHandler.self) }
        #expect(throws: (any Error).self) { try pipeline.handler(type: HTTPResponseEncoder.self) }
        #expect(throws: (any Error).self) {
            try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
        }
    }

    @Test("Frames directly after the handshake are delivered, for every split of the bytes")
    func framesBehind() throws {
        var bytes = handshake("/watch")
        let headLength = bytes.readableBytes
        bytes.writeImmutableBuffer(clientFrame(.text, "ask"))
        bytes.writeImmutableBuffer(clientFrame(.ping, "p"))
        for cut in [1, headLength - 1] + Array(headLength...bytes.readableBytes) {
            let server = try Server()
            for piece in bytes.cut(at: [cut]) { try server.receive(piece) }
            let (_, rest) = try server.answer()
            #expect(serverFrames(rest).map(\.payload) == ["0", "answer", "p"], "cut at \(cut)")
        }
    }

    @Test("A rejected handshake is handled as plain HTTP, and the connection closes after the response")
    func refused() throws {
        let server = try Server()
        try server.receive(handshake("/other"))
        let (head, rest) = try server.answer()
        #expect(head.hasPrefix("HTTP/1.1 404 Not Found\r\n"))
        #expect(head.contains("connection: close\r\n"))
        #expect(rest.text == "GET /other")
        #expect(!server.channel.isActive)
        #expect(try !server.isUpgraded)
    }

    @Test(
        "A malformed handshake is handled as plain HTTP",
        arguments: [
            "GET /watch HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
            "POST /watch HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\nhi",
            "GET /watch HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
        ]
    )
    func malformed(request: String) throws {
        let server = try Server()
        try server.receive(ByteBuffer(string: request))
        let (head, rest) = try server.answer()
        #expect(head.hasPrefix("HTTP/1.1 404"))
        #expect(rest.text.hasSuffix(" /watch"))
        #expect(!server.channel.isActive)
    }

    @Test("Plain requests may follow each other on one connection, and an upgrade may follow them")
    func upgradeLater() throws {
        let server = try Server()
        for number in 0..<3 {
            try server.receive(ByteBuffer(string: "GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n"))
            let (head, rest) = try server.answer()
            #expect(!head.contains("close"))
            #expect(rest.text == "GET /\(number)")
        }
        #expect(try !server.isUpgraded)
        try server.receive(handshake("/watch"))
        let (head, rest) = try server.answer()
        #expect(head.hasPrefix("HTTP/1.1 101"))
        #expect(serverFrames(rest).map(\.payload) == ["0"])
        try server.receive(clientFrame(.text, "ask"))
        #expect(serverFrames(try server.written).map(\.payload) == ["answer"])
    }

    @Test("Pipelined requests are answered in order, with the upgrade last")
    func pipelined() throws {
        let server = try Server()
        var bytes = ByteBuffer(string: "GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n")
        bytes.writeImmutableBuffer(handshake("/watch"))
        bytes.writeImmutableBuffer(clientFrame(.text, "ask"))
        try server.receive(bytes)
        let written = String(decoding: try server.written.readableBytesView, as: UTF8.self)
        let places = ["GET /a", "GET /b", "HTTP/1.1 101", "answer"].map { written.firstRange(of: $0)?.lowerBound }
        #expect(!places.contains(nil))
        #expect(places.compactMap { $0 } == places.compactMap { $0 }.sorted())
    }

    @Test("A request that is not HTTP gets 400, and the connection closes")
    func garbage() throws {
        let server = try Server()
        try? server.receive(ByteBuffer(string: "\u{1}\u{2} not HTTP\r\n\r\n"))
        server.channel.embeddedEventLoop.run()
        #expect(try server.answer().head.hasPrefix("HTTP/1.1 400"))
        server.channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(!server.channel.isActive)
    }

    @Test("A server that shuts down closes its watchers with 1001")
    func quiesces() throws {
        let server = try Server()
        try server.receive(handshake("/watch"))
        _ = try server.answer()
        server.registry.quiesce()
        server.channel.embeddedEventLoop.run()
        #expect(serverFrames(try server.written).compactMap(closeCode) == [1001])
    }
}
