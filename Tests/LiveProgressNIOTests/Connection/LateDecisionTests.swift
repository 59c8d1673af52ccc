// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressHTTP
import LiveProgressWire
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable @_spi(Server) import LiveProgressNIO

@Suite("Upgrades with a deferred decision")
struct LateDecisionTests {
    private static let plain = "GET /plain HTTP/1.1\r\nHost: h\r\n\r\n"
    private static let upgrade = "GET /up HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n"

    /// The pending decisions.
    private final class Waiting {
        var decided: [(ConnectionDecision) -> Void] = []
    }

    private func connection() throws -> (TestConnection, Waiting) {
        let waiting = Waiting()
        let box = UncheckedBox(waiting)
        let setup = ConnectionSetup(registry: ConnectionRegistry()) { head, _ in
            guard head.headers["upgrade"] == ["other"] else { return .http }
            return .later { box.value.decided.append($0) }
        }
        return (try TestConnection(setup: setup), waiting)
    }

    private func grant(_ connection: TestConnection) -> ConnectionDecision {
        let other = connection.other
        return .upgrade(.init(headers: ["Upgrade": "other", "Connection": "Upgrade"]) { _ in [other] })
    }

    @Test(
        "no response is sent before the decision; an accepted upgrade keeps all its bytes",
        arguments: [false, true]
    )
    func granted(isUsed: Bool) throws {
        let (connection, waiting) = try connection()
        if isUsed { #expect(try connection.receive(Self.plain).hasSuffix("ok")) }
        #expect(try connection.receive(Self.upgrade + "early").isEmpty)
        #expect(waiting.decided.count == 1)
        waiting.decided[0](grant(connection))
        let answer = try connection.written()
        #expect(answer.hasPrefix("HTTP/1.1 101 ") && answer.hasSuffix("hello"))
        #expect(connection.other.received == "early")
        #expect(connection.registry.upgradedCount == 1)
    }

    @Test("Invariant 11: bytes before the decision stay bytes, even if the HTTP decoder would read a request")
    func keepsRequestsBehind() throws {
        let (connection, waiting) = try connection()
        let upgrade = Self.upgrade.replacing("Connection: Upgrade", with: "Connection: Upgrade\t")
        try connection.receive(upgrade + "GET /a HTTP/1.1\r\n")
        try connection.receive("Host: h\r\n\r\n" + Self.plain)
        waiting.decided[0](grant(connection))
        #expect(try connection.written().hasSuffix("hello"))
        #expect(connection.other.received == "GET /a HTTP/1.1\r\nHost: h\r\n\r\n" + Self.plain)
    }

    @Test("after a rejection, the routes respond, and the connection closes", arguments: [false, true])
    func refused(isUsed: Bool) throws {
        let (connection, waiting) = try connection()
        if isUsed { try connection.receive(Self.plain) }
        #expect(try connection.receive(Self.upgrade).isEmpty)
        waiting.decided[0](.http)
        #expect(try connection.written().contains("HTTP/1.1 200 "))
        #expect(connection.path.heads.last?.uri == "/up")
        #expect(connection.outcome == "http")
        #expect(!connection.channel.isActive)
    }

    @Test(
        "a rejection with a response is sent without the routes, and the connection closes",
        arguments: [false, true]
    )
    func refusedWithAnswer(isUsed: Bool) throws {
        let (connection, waiting) = try connection()
        if isUsed { try connection.receive(Self.plain) }
        #expect(try connection.receive(Self.upgrade + "more").isEmpty)
        waiting.decided[0](.refuse(ProgressResponse(problem: ProgressProblem(title: "No.", status: 404))))
        let answer = try connection.written()
        #expect(answer.hasPrefix("HTTP/1.1 404 "))
        #expect(answer.lowercased().contains("connection: close\r\n"))
        #expect(answer.hasSuffix(#""title":"No.","status":404}"#))
        #expect(connection.path.heads.map(\.uri) == (isUsed ? ["/plain"] : []))
        #expect(connection.outcome == (isUsed ? "http" : "closed"))
        #expect(!connection.channel.isActive)
        #expect(waiting.decided.count == 1)
    }

    @Test("if the client disconnects first, the decision has no effect")
    func left() throws {
        let (connection, waiting) = try connection()
        try connection.receive(Self.upgrade)
        _ = try connection.channel.finish()
        waiting.decided[0](grant(connection))
        #expect(connection.outcome == "closed")
        #expect(connection.registry.count == 0)
    }

    @Test("a connection without a decision is closed after the timeout")
    func late() throws {
        let (connection, waiting) = try connection()
        try connection.receive(Self.upgrade)
        connection.channel.embeddedEventLoop.advanceTime(by: UpgradeHandler.decisionTimeout)
        #expect(!connection.channel.isActive)
        waiting.decided[0](grant(connection))
        #expect(try connection.written().isEmpty)
    }

    @Test("over sockets, an authorizer with deferred decisions accepts and rejects upgrades", .timeLimit(.minutes(1)))
    func sockets() async throws {
        struct SlowAuthorizer: ProgressAuthorizer {
            func authorize(_ request: ProgressAccessRequest) -> ProgressAuthorization {
                let isGood = request.head.path?.contains("good") == true
                return .later {
                    await Task.yield()
                    return isGood
                        ? .granted(ProgressPrincipal(grants: [.init([.watch], for: .everything)])) : .refused()
                }
            }
        }
        try await SocketServer.with(authorizer: SlowAuthorizer()) { server in
            var end = ProgressReport(state: "Done")
            end.outcome = .succeeded(result: nil)
            try server.service.createJournal(id: ProgressID("good")).report(end)
            _ = try server.service.createJournal(id: ProgressID("a"))
            let watcher = try await server.watch(ProgressID("good"))
            #expect(await watcher.texts().count == 1)
            await #expect(throws: (any Error).self) { try await server.watch(ProgressID("a")) }
        }
    }
}
