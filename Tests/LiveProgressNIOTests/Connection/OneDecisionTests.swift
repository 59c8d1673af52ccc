// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressHTTP
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Synchronization
import Testing

@testable import LiveProgressNIO

/// Each upgrade is authorized once, by the part of the connection that reads it; the response states this decision.
@Suite("One decision for each upgrade")
struct OneDecisionTests {
    /// The ways in which a request arrives; a different part of the connection reads each of them.
    enum Way: CaseIterable { case whole, bytes, unusual, used, usedInBytes }

    /// A request, the status of its response, a word of its response, and the number of authorizer calls.
    struct Case: Sendable, CustomTestStringConvertible {
        let target: String
        var fields = ""
        var isDraining = false
        let status: Int
        let word: String
        let asked: Int

        var testDescription: String { "\(target) \(fields) \(status)" }
    }

    static let cases = [
        Case(target: "/api/v1/progress/op?ticket=watch", status: 101, word: "Sec-WebSocket-Accept", asked: 1),
        Case(target: "/api/v1/progress?ticket=list", status: 101, word: "Sec-WebSocket-Accept", asked: 1),
        Case(target: "/api/v1/progress/op?ticket=bad", status: 401, word: "The ticket is not known.", asked: 1),
        Case(target: "/api/v1/progress/op", status: 401, word: "unauthenticated", asked: 1),
        Case(target: "/api/v1/progress/nobody?ticket=watch", status: 404, word: "problem:unknown", asked: 1),
        Case(target: "/api/v1/progress/%20?ticket=watch", status: 404, word: "problem:unknown", asked: 1),
        Case(target: "/api/v1/progress?ticket=watch", status: 403, word: "lack the list permission", asked: 1),
        Case(target: "/api/v1/progress/op?ticket=list", status: 403, word: "lack the watch permission", asked: 1),
        Case(target: "/api/v1/progress?ticket=list&status=x", status: 400, word: "invalid-query", asked: 1),
        Case(
            target: "/api/v1/progress/op?ticket=watch",
            isDraining: true,
            status: 503,
            word: "shutting-down",
            asked: 1
        ),
        Case(
            target: "/api/v1/progress/op?ticket=watch",
            fields: "Origin: https://evil.example\r\n",
            status: 403,
            word: "origin-not-allowed",
            asked: 0
        ),
        Case(
            target: "/api/v1/progress/op?ticket=watch",
            fields: "Sec-WebSocket-Extensions: a;\r\n",
            status: 400,
            word: "invalid-upgrade",
            asked: 0
        ),
        Case(target: "/api/v1/progress/op/cancel?ticket=watch", status: 405, word: "method-not-allowed", asked: 0),
    ]

    @Test("an upgrade is authorized once, on a new and on a used connection", arguments: cases, Way.allCases)
    func decidesOnce(of each: Case, by way: Way) throws {
        let authorizer = OneTimeTickets()
        let connection = try TestConnection(setup: Self.hosting(authorizer, isDraining: each.isDraining).connections)
        if way == .used || way == .usedInBytes {
            #expect(try connection.receive("GET /plain HTTP/1.1\r\nHost: a\r\n\r\n").hasSuffix("ok"))
        }
        let text = Self.request(each, isUnusual: way == .unusual)
        var answer = ""
        if way == .bytes || way == .usedInBytes {
            for byte in text.utf8 { answer += try connection.receive([byte][...]) }
        } else {
            answer = try connection.receive(text)
        }
        #expect(answer.hasPrefix("HTTP/1.1 \(each.status) "), "\(answer)")
        #expect(answer.contains(each.word), "\(answer)")
        #expect(authorizer.askedCount == each.asked)
        #expect(connection.path.heads.allSatisfy { $0.uri == "/plain" }, "the routes must see no upgrade")
        #expect(connection.channel.isActive == (each.status == 101))
        if each.status != 101 { #expect(answer.contains("Content-Security-Policy: "), "security headers missing") }
        _ = try? connection.channel.finish(acceptAlreadyClosed: true)
    }

    @Test("a rejection is reported to the host once", arguments: Way.allCases)
    func tells(way: Way) throws {
        let told = Mutex<[String]>([])
        let hosting = ProgressHosting(api: ProgressAPI(service: ProgressService())) { request, answer in
            told.withLock { $0.append("\(request.path ?? "") \(answer.head.status.code)") }
        }
        let connection = try TestConnection(setup: hosting.connections)
        if way == .used || way == .usedInBytes { try connection.receive("GET /plain HTTP/1.1\r\nHost: a\r\n\r\n") }
        let request = Case(target: "/api/v1/progress/x", status: 404, word: "", asked: 0)
        for byte in Self.request(request, isUnusual: way == .unusual).utf8 { _ = try connection.receive([byte][...]) }
        #expect(told.withLock { $0 } == ["/api/v1/progress/x 404"])
    }

    @Test(
        "a request outside the API is left to the routes without a call of the authorizer",
        arguments: ["GET /elsewhere", "GET /api/v1/progress/op/more/path"],
        Way.allCases
    )
    func notOurs(line: String, way: Way) throws {
        let authorizer = OneTimeTickets()
        let connection = try TestConnection(setup: Self.hosting(authorizer).connections)
        let target = String(line.dropFirst(4))
        let request = Case(target: target, status: 200, word: "ok", asked: 0)
        #expect(try connection.receive(Self.request(request, isUnusual: way == .unusual)).hasSuffix("ok"))
        #expect(authorizer.askedCount == 0)
        #expect(connection.path.heads.map(\.uri) == [target])
    }

    /// Over sockets, because a deferred decision does not run on the event loop.
    ///
    /// The handlers read the unusual form.
    @Test(
        "a deferred decision is made once",
        .timeLimit(.minutes(1)),
        arguments: cases.filter { $0.status != 101 && !$0.isDraining }
    )
    func decidesOnceLater(of each: Case) async throws {
        for isUnusual in [false, true] {
            let authorizer = OneTimeTickets(isLate: true)
            try await SocketServer.with(authorizer: authorizer) { server in
                _ = try server.service.createJournal(id: ProgressID("op"))
                let request = Self.request(each, isUnusual: isUnusual).replacing("Host: a", with: "Host: localhost")
                let answer = try await server.exchange(request)
                #expect(answer.hasPrefix("HTTP/1.1 \(each.status) "), "\(answer)")
                #expect(answer.contains(each.word), "\(answer)")
            }
            #expect(authorizer.askedCount == each.asked)
        }
    }

    @Test(
        "an upgrade request behind an unanswered request is authorized once, by the routes",
        .timeLimit(.minutes(1)),
        arguments: [false, true]
    )
    func decidesOnceInRoutes(isLate: Bool) async throws {
        let authorizer = OneTimeTickets(isLate: isLate)
        try await SocketServer.with(authorizer: authorizer) { server in
            let upgrade = Case(target: "/api/v1/progress/nobody?ticket=watch", status: 404, word: "", asked: 1)
            let text = Self.request(upgrade, isUnusual: false).replacing("Host: a", with: "Host: localhost")
            let answer = try await server.exchange(
                "OPTIONS /api/v1/progress HTTP/1.1\r\nHost: localhost\r\n\r\n" + text
            )
            #expect(answer.contains("HTTP/1.1 404 "))
            #expect(answer.contains("problem:unknown"))
        }
        #expect(authorizer.askedCount == 1)
    }

    @Test("with a custom API path, upgrades are below this path", arguments: Way.allCases)
    func mounted(way: Way) throws {
        let service = ProgressService()
        _ = try service.createJournal(id: ProgressID("op"))
        var configuration = ProgressAPI.Configuration()
        configuration.path = "/internal/jobs"
        let hosting = ProgressHosting(api: ProgressAPI(service: service, configuration: configuration))
        for (target, status) in [("/internal/jobs/op", 101), ("/internal/jobs", 101), ("/api/v1/progress/op", 200)] {
            let connection = try TestConnection(setup: hosting.connections)
            if way == .used || way == .usedInBytes { try connection.receive("GET /plain HTTP/1.1\r\nHost: a\r\n\r\n") }
            let text = Self.request(
                Case(target: target, status: status, word: "", asked: 0),
                isUnusual: way == .unusual
            )
            let isWhole = way == .whole || way == .used
            let pieces = isWhole ? [Array(text.utf8)] : text.utf8.map { [$0] }
            var answer = ""
            for piece in pieces { answer += try connection.receive(piece[...]) }
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(target)")
            _ = try? connection.channel.finish(acceptAlreadyClosed: true)
        }
    }

    private static func hosting(_ authorizer: OneTimeTickets, isDraining: Bool = false) throws -> ProgressHosting {
        let service = ProgressService()
        _ = try service.createJournal(id: ProgressID("op"))
        var configuration = ProgressAPI.Configuration()
        configuration.authorizer = authorizer
        let api = ProgressAPI(service: service, configuration: configuration)
        if isDraining { api.drain() }
        return ProgressHosting(api: api)
    }

    private static func request(_ each: Case, isUnusual: Bool) -> String {
        let connection = isUnusual ? "Connection: x,Upgrade\t" : "Connection: Upgrade"
        return "GET \(each.target) HTTP/1.1\r\nHost: a\r\n\(connection)\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\(each.fields)\r\n"
    }
}

/// An authorizer that decides only its first call; the name of a ticket is its permission.
final class OneTimeTickets: ProgressAuthorizer {
    private let isLate: Bool
    private let count = Atomic(0)

    init(isLate: Bool = false) { self.isLate = isLate }

    /// The number of calls of the authorizer.
    var askedCount: Int { count.load(ordering: .relaxed) }

    func authorize(_ request: ProgressAccessRequest) -> ProgressAuthorization {
        let isFirst = count.wrappingAdd(1, ordering: .relaxed).oldValue == 0
        let decision = isFirst ? Self.decide(request.credential) : .refused("The ticket has been used.")
        return isLate ? .later { decision } : decision
    }

    private static func decide(_ credential: ProgressCredential?) -> ProgressAuthorization {
        guard case .ticket(let ticket) = credential else { return .refused() }
        guard let permission = ProgressPermission(rawValue: ticket) else { return .refused("The ticket is not known.") }
        return .granted(ProgressPrincipal(grants: [ProgressGrant([permission], for: .everything)]))
    }
}
