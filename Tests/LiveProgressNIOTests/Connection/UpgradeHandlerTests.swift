// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable @_spi(Server) import LiveProgressNIO

@Suite("Upgrades on HTTP connections")
struct UpgradeHandlerTests {
    private static let plain = "GET /plain HTTP/1.1\r\nHost: a\r\n\r\n"
    private static let upgrade = "GET /up HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n"

    @Test("the first request may upgrade; then only the new protocol's handler remains")
    func upgradesFirstRequest() throws {
        let connection = try TestConnection()
        let answer = try connection.receive(Self.upgrade)
        #expect(answer.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
        #expect(answer.hasSuffix("\r\n\r\nhello"))
        #expect(connection.outcome == "upgraded")
        #expect(connection.registry.upgradedCount == 1)
        #expect(!connection.hasHandler(UpgradeHandler.self))
        try connection.receive("bytes")
        #expect(connection.other.received == "bytes")
    }

    @Test("bytes that come with the upgrade reach the new protocol")
    func keepsEarlyBytes() throws {
        let connection = try TestConnection()
        try connection.receive(Self.upgrade + "early")
        #expect(connection.other.received == "early")
    }

    /// With some of these fields, NIO's decoder does not recognise an upgrade and would parse the next bytes as a
    /// request.
    @Test(
        "Invariant 11: bytes after an upgrade request are no request, even if the HTTP decoder sees no upgrade",
        arguments: [
            "Connection: upgrade\r\nUpgrade: other", "Connection: upgrade\t\r\nUpgrade: other",
            "Connection: x, upgrade\t, y\r\nUpgrade: other", "Upgrade: other",
        ]
    )
    func keepsRequestsBehind(fields: String) throws {
        let early = "GET /late HTTP/1.1\r\nHost: a\r\n\r\n\u{1}"
        for isUsed in [false, true] {
            let connection = try TestConnection()
            if isUsed { try connection.receive(Self.plain) }
            try connection.receive("G")
            try connection.receive("ET /up HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(early)")
            #expect(connection.other.received == early)
            #expect(connection.path.heads.map(\.uri) == (isUsed ? ["/plain"] : []))
        }
    }

    @Test("bytes after a request with an Upgrade field are not parsed as a request", arguments: [true, false])
    func readsNoFurther(isSaid: Bool) throws {
        let connection = try TestConnection()
        let fields = (isSaid ? "Connection: Upgrade\r\n" : "") + "Upgrade: h2c\r\n"
        try connection.receive("GET /x HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\(Self.plain)")
        #expect(connection.path.heads.map(\.uri) == ["/x"])
        #expect(!connection.channel.isActive)
    }

    @Test("an upgrade request in single bytes also upgrades")
    func upgradesInSingleBytes() throws {
        let connection = try TestConnection()
        for character in Self.upgrade + "early" { try connection.receive(String(character)) }
        #expect(connection.other.received == "early")
    }

    @Test("a connection that has served requests may upgrade, and its HTTP path sees the end of input")
    func upgradesLaterRequest() throws {
        let connection = try TestConnection()
        #expect(try connection.receive(Self.plain).hasSuffix("ok"))
        #expect(connection.outcome == "http")
        #expect(try connection.receive(Self.upgrade).hasSuffix("hello"))
        #expect(connection.path.sawInputClosed)
        try connection.receive("bytes")
        #expect(connection.other.received == "bytes")
        #expect(connection.path.heads.map(\.uri) == ["/plain"])
        #expect(connection.registry.upgradedCount == 1)
    }

    @Test("after an upgrade, writes and closes of the old HTTP path do not affect the connection")
    func cutsOldPathOff() throws {
        let connection = try TestConnection()
        try connection.receive(Self.plain)
        try connection.receive(Self.upgrade)
        let context = try connection.channel.pipeline.syncOperations.context(handler: connection.path)
        connection.path.answer(context: context)
        context.close(mode: .output, promise: nil)
        context.close(promise: nil)
        #expect(try connection.written() == "")
        #expect(connection.channel.isActive)
    }

    @Test("the routes respond to a rejected upgrade, and the connection closes")
    func refusedUpgradeIsAnswered() throws {
        let connection = try TestConnection()
        let answer = try connection.receive(
            "POST /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nabc"
        )
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.lowercased().contains("connection: close\r\n"))
        #expect(answer.hasSuffix("ok"))
        #expect(connection.path.heads.map(\.uri) == ["/x"])
        #expect(!connection.channel.isActive)
    }

    @Test("any bytes after an upgrade belong to the new protocol, on a new and on a used connection")
    func keepsAnyBytes() throws {
        let bytes = "a\n\r\n\r\nGET / HTTP/9.9\r\n\r\nb"
        for before in ["", Self.plain] {
            let connection = try TestConnection()
            try connection.receive(before + Self.upgrade + bytes)
            #expect(connection.other.received == bytes)
            #expect(connection.channel.isActive)
        }
    }

    @Test("bytes after a rejected upgrade are dropped, in one packet or two, and their number is limited")
    func dropsBytesBehindRefusal() throws {
        let upgrade = "GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
        for pieces in [[upgrade + "\n\r\n\r\nb"], [upgrade, "\n\r\n\r\nb"]] {
            let connection = try TestConnection()
            let answer = try pieces.map { try connection.receive($0) }.joined()
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.hasSuffix("ok"), "only one response")
            #expect(!connection.channel.isActive)
        }
        let connection = try TestConnection()
        connection.path.answers = false
        try connection.receive(upgrade)
        try connection.receive(String(repeating: "\n", count: 32 * 1024))
        #expect(connection.registry.count == 1)
        try connection.receive("\n")
        let context = try connection.channel.pipeline.syncOperations.context(handlerType: PathRecorder.self)
        connection.path.answer(context: context)
        #expect(try connection.written().contains("HTTP/1.1 200 OK\r\n"))
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!connection.channel.isActive)
    }

    @Test("an upgrade with a body is left to the routes")
    func upgradeWithBodyIsRefused() throws {
        let connection = try TestConnection()
        let answer = try connection.receive(
            "GET /up HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: other\r\nContent-Length: 3\r\n\r\nabc"
        )
        #expect(answer.hasSuffix("ok"))
        #expect(connection.other.received == "")
        #expect(connection.path.heads.map(\.uri) == ["/up"])
    }

    @Test("an upgrade does not overtake the response to an earlier request")
    func upgradeWaitsForNobody() throws {
        let connection = try TestConnection()
        connection.path.answers = false
        #expect(try connection.receive(Self.plain + Self.upgrade) == "")
        #expect(connection.path.heads.map(\.uri) == ["/plain", "/up"])
    }

    @Test("a client of HTTP/1.0 gets a response without chunks, and the connection closes")
    func oldClientsGetNoChunks() throws {
        let connection = try TestConnection()
        let answer = try connection.receive("GET / HTTP/1.0\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.0 200 OK\r\n"))
        #expect(!connection.channel.isActive)
    }

    @Test("shutdown closes a connection without a request immediately, and notifies the other connections")
    func quiesces() throws {
        let idle = try TestConnection()
        idle.registry.quiesce()
        try idle.receive("")
        #expect(!idle.channel.isActive)
        #expect(idle.outcome == "closed")

        let served = try TestConnection()
        try served.receive(Self.plain)
        served.registry.quiesce()
        try served.receive("")
        #expect(served.path.sawQuiesce)

        let upgraded = try TestConnection()
        try upgraded.receive(Self.upgrade)
        upgraded.registry.quiesce()
        try upgraded.receive("")
        #expect(upgraded.other.sawQuiesce)
    }

    @Test(
        "closeAll closes every connection, also connections that were upgraded after earlier requests",
        arguments: ["", plain]
    )
    func closesUpgraded(before: String) throws {
        let connection = try TestConnection()
        try connection.receive(before)
        try connection.receive(Self.upgrade)
        #expect(connection.registry.upgradedCount == 1)
        connection.registry.closeAll()
        #expect(try connection.written() == "")
        #expect(!connection.channel.isActive)
        #expect(connection.registry.count == 0)
    }

    @Test("a connection that closes before its first complete request has the outcome closed")
    func closedIsAnOutcome() throws {
        let connection = try TestConnection()
        try connection.receive("GET / HT")
        _ = try? connection.channel.finish(acceptAlreadyClosed: true)
        #expect(connection.outcome == "closed")
        #expect(connection.registry.count == 0)
    }
}
