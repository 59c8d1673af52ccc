// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP
import NIOCore
import NIOEmbedded
import Testing

@testable @_spi(Server) import LiveProgressNIO

@Suite("An answer that nobody reads")
struct UnreadHandlerTests {
    private static let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    /// A connection that has been asked for something, and whose client then stops reading.
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

    @Test("Invariant 11: a connection whose client takes nothing of its answer is closed when the time is over")
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

    @Test("a client that reads late, but in time, gets its answer, and has its time for the next")
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

    @Test("a client that is owed nothing has any time, and nothing looks after it")
    func waits() throws {
        let (connection, _) = try Self.connection()
        connection.channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(connection.channel.isActive)
        try Self.answer(on: connection)
        #expect(connection.hasHandler(UnreadHandler.self))
    }

    @Test("a connection that has left HTTP is its new protocol's to bound")
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

/// A socket of a client that does not read: what is flushed stays in the channel.
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

    /// A socket that is closed lets go of what it has; a channel in memory keeps what is not flushed.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        context.flush()
        context.close(mode: mode, promise: promise)
    }
}
