// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP
import NIOCore
import NIOEmbedded
import Testing

@testable @_spi(Server) import LiveProgressNIO

@Suite("Responses that the client does not read")
struct UnreadHandlerTests {
    private static let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    /// Returns a connection with a pending request, whose client then stops reading.
    private static func connection(_ refusals: LimitRefusals = LimitRefusals()) throws -> (TestConnection, Deafness) {
        let setup = ConnectionSetup(registry: ConnectionRegistry(), limitRefusals: refusals) { _, _ in .http }
        let connection = try TestConnection(setup: setup)
        connection.path.answers = false
        try connection.receive(request)
        let deafness = Deafness()
        try connection.channel.pipeline.syncOperations.addHandler(deafness, position: .first)
        return (connection, deafness)
    }

    private static func answer(on connection: TestConnection) throws {
        connection.path.answer(
            context: try connection.channel.pipeline.syncOperations.context(handlerType: PathRecorder.self)
        )
    }

    @Test("Invariant 11: a connection whose client takes nothing of its answer is closed after the timeout")
    func closes() throws {
        let refusals = LimitRefusals()
        let (connection, _) = try Self.connection(refusals)
        try Self.answer(on: connection)
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(29))
        #expect(connection.channel.isActive)
        #expect(refusals[.unreadTime] == 0)
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!connection.channel.isActive)
        #expect(refusals[.unreadTime] == 1)
        #expect(refusals[.idleTime] == 0)
    }

    @Test("a client that reads before the timeout gets its response, and the next response has a new timeout")
    func readsLate() throws {
        let (connection, deafness) = try Self.connection()
        try Self.answer(on: connection)
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(29))
        deafness.end()
        #expect(try connection.written().hasSuffix("ok"))
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(10))
        deafness.begin()
        try connection.receive(Self.request)
        try Self.answer(on: connection)
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(29))
        #expect(connection.channel.isActive)
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!connection.channel.isActive)
    }

    @Test("a client without a pending response has no timeout")
    func waits() throws {
        let (connection, _) = try Self.connection()
        connection.channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(connection.channel.isActive)
        try Self.answer(on: connection)
        #expect(connection.hasHandler(UnreadHandler.self))
    }

    @Test("the unread timeout of HTTP does not apply to an upgraded connection")
    func upgrades() throws {
        let connection = try TestConnection()
        try connection.receive(Self.request)
        #expect(connection.hasHandler(UnreadHandler.self))
        try connection.receive("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: other\r\nConnection: upgrade\r\n\r\n")
        #expect(connection.outcome == "http")
        #expect(!connection.hasHandler(UnreadHandler.self))
        let direct = try TestConnection()
        try direct.receive("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: other\r\nConnection: upgrade\r\n\r\n")
        #expect(direct.outcome == "upgraded")
        #expect(!direct.hasHandler(UnreadHandler.self))
    }
}

/// A handler like a socket whose client does not read: flushed bytes stay in the channel.
private final class Deafness: ChannelOutboundHandler {
    typealias OutboundIn = NIOAny

    private var isDeaf = true
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func begin() {
        isDeaf = true
    }

    func end() {
        isDeaf = false
        context?.flush()
    }

    func flush(context: ChannelHandlerContext) {
        if !isDeaf { context.flush() }
    }

    /// Flushes before the close: a closed socket drops its bytes, but an in-memory channel keeps unflushed bytes.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        context.flush()
        context.close(mode: mode, promise: promise)
    }
}
