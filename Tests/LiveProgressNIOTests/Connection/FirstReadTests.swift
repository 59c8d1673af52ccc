// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressHTTP
import LiveProgressTesting
import LiveProgressWebSocket
import NIOCore
import NIOEmbedded
import Testing

@testable @_spi(Server) import LiveProgressNIO

@Suite("The first bytes of a connection")
struct FirstReadTests {
    private static let upgrade = "GET /up HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n"

    @Test("a complete upgrade request gets the response and the protocol's first bytes in one flush")
    func answersAtOnce() throws {
        let connection = try TestConnection()
        let flushes = FlushCounter()
        try connection.channel.pipeline.syncOperations.addHandler(flushes, position: .first)
        let answer = try connection.receive(Self.upgrade + "early")
        #expect(
            answer == "HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\nhello",
            "the response, then the protocol's first bytes"
        )
        #expect(flushes.bytesAtFirst == answer.utf8.count)
        #expect(connection.other.received == "early")
        #expect(connection.outcome == "upgraded")
        #expect(!connection.hasHandler(FirstReadHandler.self))
    }

    /// A handshake in pieces goes through the HTTP decoder.
    @Test("a handshake gets the same response whole and in pieces, byte for byte", arguments: 0..<40)
    func answersTheSame(seed: UInt64) throws {
        let service = ProgressService()
        let tracker = try service.createProgress(id: ProgressID("op"))
        tracker.update("Copying", details: ["file": "a"])
        var handshakes = RandomHandshakes(seed: seed)
        var upgrades = 0
        for _ in 0..<75 {
            let text = handshakes.next()
            let whole = try Self.answer(to: [text], by: ProgressHosting(api: ProgressAPI(service: service)))
            let pieces = [String(decoding: text.utf8.prefix(1), as: UTF8.self), String(text.dropFirst())]
            let inPieces = try Self.answer(to: pieces, by: ProgressHosting(api: ProgressAPI(service: service)))
            #expect(whole == inPieces, "\(text)")
            if whole.outcome == "upgraded" { upgrades += 1 }
        }
        #expect(upgrades > 5, "too few handshakes are valid for this test")
    }

    private struct Answer: Equatable {
        var text = ""
        var outcome: String?
        var isActive = false
        var upgradedCount = 0
    }

    private static func answer(to pieces: [String], by hosting: ProgressHosting) throws -> Answer {
        let connection = try TestConnection(setup: hosting.connections)
        var answer = Answer()
        for piece in pieces { answer.text += try connection.receive(piece) }
        answer.outcome = connection.outcome
        answer.isActive = connection.channel.isActive
        answer.upgradedCount = connection.registry.upgradedCount
        _ = try? connection.channel.finish(acceptAlreadyClosed: true)
        return answer
    }

    @Test("a connection without a request is closed if the client closes its half or the connection breaks")
    func closesWithoutBytes() throws {
        let halfClosed = try TestConnection()
        halfClosed.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(try halfClosed.written() == "")
        #expect(!halfClosed.channel.isActive)
        #expect(halfClosed.outcome == "closed")

        let broken = try TestConnection()
        broken.channel.pipeline.fireErrorCaught(IOError(errnoCode: 104, reason: "read"))
        #expect(try broken.written() == "")
        #expect(!broken.channel.isActive)
        #expect(broken.registry.count == 0)
    }

    @Test("an upgrade request in small pieces of one read is accepted, even if the client then closes its half")
    func readsPieces() throws {
        let connection = try TestConnection()
        let pipeline = connection.channel.pipeline.syncOperations
        for byte in Self.upgrade.utf8 { pipeline.fireChannelRead(NIOAny(ByteBuffer(integer: byte))) }
        #expect(try connection.written() == "")
        pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        pipeline.fireChannelReadComplete()
        #expect(try connection.written().hasSuffix("\r\n\r\nhello"))
        #expect(connection.channel.isActive)
        #expect(connection.other.sawInputClosed)
    }

    @Test("a late first byte does not extend the deadline of the head; the client gets 408")
    func keepsDeadline() throws {
        let connection = try TestConnection()
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(9))
        try connection.receive("G")
        #expect(connection.channel.isActive)
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(try connection.written().hasPrefix("HTTP/1.1 408 "))
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!connection.channel.isActive)
    }

    @Test("an upgraded connection has no deadline")
    func upgradedHasTime() throws {
        let connection = try TestConnection()
        try connection.receive(Self.upgrade)
        connection.channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(connection.channel.isActive)
    }

    @Test("a connection that opens while the server shuts down is closed before any request")
    func closesLateComers() throws {
        let registry = ConnectionRegistry()
        registry.quiesce()
        let connection = try TestConnection(registry: registry)
        #expect(try connection.written() == "")
        #expect(!connection.channel.isActive)
        #expect(registry.count == 0)
        #expect(registry.closedCount == 1)
    }

    @Test("connections of one event loop are closed at their own deadlines")
    func eachItsOwnTime() throws {
        let loop = EmbeddedEventLoop()
        let registry = ConnectionRegistry()
        let short = ConnectionSetup(limits: Self.limits(.seconds(3)), registry: registry) { _, _ in .http }
        let long = ConnectionSetup(limits: Self.limits(.seconds(10)), registry: registry) { _, _ in .http }
        let connections = try [long, short, long, short, short].map { try TestConnection(setup: $0, loop: loop) }
        var alive: [Bool] { connections.map(\.channel.isActive) }
        try connections[1].receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        connections[3].channel.close(promise: nil)
        loop.advanceTime(by: .seconds(2))
        #expect(alive == [true, true, true, false, true])
        loop.advanceTime(by: .seconds(1))
        #expect(alive == [true, true, true, false, false])
        let late = try TestConnection(setup: short, loop: loop)
        loop.advanceTime(by: .seconds(3))
        #expect(!late.channel.isActive)
        #expect(alive == [true, true, true, false, false])
        loop.advanceTime(by: .seconds(4))
        #expect(alive == [false, true, false, false, false])
    }

    private static func limits(_ headTimeout: Duration) -> ConnectionLimits {
        var limits = ConnectionLimits()
        limits.headTimeout = headTimeout
        return limits
    }
}

/// A handler that records the number of bytes written before the first flush.
private final class FlushCounter: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    private var bytes = 0
    private(set) var bytesAtFirst: Int?

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        bytes += Self.unwrapOutboundIn(data).readableBytes
        context.write(data, promise: promise)
    }

    func flush(context: ChannelHandlerContext) {
        if bytesAtFirst == nil { bytesAtFirst = bytes }
        context.flush()
    }
}
