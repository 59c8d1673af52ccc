// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import HTTPTypes
@_spi(Server) import LiveProgressHTTP
import LiveProgressTesting
import Logging
import NIOCore
import Synchronization
import Testing

@testable import LiveProgress
@testable import LiveProgressServer

@Suite("A server with keys", .timeLimit(.minutes(2)))
struct AuthorizedServerTests {
    /// Runs a test against a server with a secret file, an operation `a` with the label `team=red`, and an operation `b`.
    private func withKeys(
        _ configure: (inout ServerConfiguration) -> Void = { _ in },
        logger: Logger? = nil,
        _ body: (RunningServer, TokenTool) async throws -> Void
    ) async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "live-progress-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        var configuration = ServerConfiguration()
        configuration.port = 0
        configuration.authorization.secretFile = path
        configure(&configuration)
        let logger = logger ?? Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = try await ServerApplication(configuration: configuration, logger: logger).start()
        _ = try server.service.createJournal(
            id: ProgressID("a"),
            options: ProgressOptions(labels: ["team": "red"], isCancellable: true)
        )
        _ = try server.service.createJournal(id: ProgressID("b"))
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(server, TokenTool(secretFile: path, creates: false)))
        } catch { result = .failure(error) }
        await server.stop()
        try result.get()
    }

    private func token(
        _ tool: TokenTool,
        _ permissions: [ProgressPermission],
        _ scope: ProgressScope = .operation(ProgressID("a"))
    ) throws -> String {
        try tool.create(subject: nil, permissions: permissions, scope: scope, for: .seconds(60))
    }

    @Test("Without a token, only the routes without data about operations are accessible")
    func withoutToken() async throws {
        try await withKeys { server, _ in
            for path in ["/api/v1/progress/a", "/api/v1/progress/none", "/api/v1/progress", "/metrics"] {
                let answer = try await server.answer("GET \(path) HTTP/1.1")
                #expect(answer.hasPrefix("HTTP/1.1 401 "))
                #expect(answer.contains("WWW-Authenticate: Bearer realm=\"live-progress\"\r\n"))
            }
            for path in ["/healthz", "/readyz", "/openapi.yaml", "/", "/live-progress.js"] {
                #expect(try await server.answer("GET \(path) HTTP/1.1").hasPrefix("HTTP/1.1 200 "))
            }
        }
    }

    @Test("Each request and each upgrade gets the status code for the permissions of its token")
    func table() async throws {
        try await withKeys { server, tool in
            let watch = try token(tool, [.watch])
            let cases: [(request: String, token: String, status: Int)] = [
                ("GET /api/v1/progress/a", watch, 200), ("GET /api/v1/progress/b", watch, 404),
                ("GET /api/v1/progress", watch, 403), ("DELETE /api/v1/progress/a", watch, 403),
                ("POST /api/v1/progress/a/cancel", watch, 403), ("GET /metrics", watch, 403),
                ("GET /metrics", try token(tool, [.admin]), 403),
                ("GET /metrics", try token(tool, [.admin], .everything), 200),
                ("GET /api/v1/progress/a", try token(tool, [.watch], .labels(["team": "red"])), 200),
                ("GET /api/v1/progress/b", try token(tool, [.watch], .labels(["team": "red"])), 404),
                ("GET /api/v1/progress", try token(tool, [.list], .everything), 200),
                ("GET /api/v1/progress/a", String(watch.dropLast(4)) + "AAAA", 401),
                ("GET /api/v1/progress/a", "x", 401),
            ]
            for each in cases {
                let authorization = "Authorization: Bearer \(each.token)"
                let answer = try await server.answer("\(each.request) HTTP/1.1", authorization)
                #expect(answer.hasPrefix("HTTP/1.1 \(each.status) "), "\(each.request)")
                guard each.request.hasPrefix("GET /api") else { continue }
                let client = try await RawClient(server)
                try await client.send(
                    "\(each.request) HTTP/1.1",
                    "Host: localhost",
                    authorization,
                    "Connection: Upgrade",
                    "Upgrade: websocket",
                    "Sec-WebSocket-Version: 13",
                    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
                )
                try await client.wait(for: "\r\n\r\n")
                let upgraded = try await client.received()
                #expect(upgraded.hasPrefix("HTTP/1.1 \(each.status == 200 ? 101 : each.status) "), "\(each.request)")
                // The server has already closed the connection of a refused upgrade.
                try? await client.channel.close()
            }
        }
    }

    @Test("Invariant 12: the response for an operation outside the token's scope is that for an unknown operation")
    func unseen() async throws {
        try await withKeys { server, tool in
            let authorization = "Authorization: Bearer \(try token(tool, [.watch, .report, .delete, .cancel]))"
            for method in ["GET", "PATCH", "DELETE", "PUT"] {
                var answers: Set<String> = []
                for id in ["b", "none"] {
                    let answer = try await server.answer(
                        "\(method) /api/v1/progress/\(id) HTTP/1.1",
                        authorization,
                        body: method == "GET" ? "" : "{}"
                    )
                    #expect(answer.hasPrefix("HTTP/1.1 404 "))
                    answers.insert(answer.split(separator: "\r\n").filter { !$0.hasPrefix("Date: ") }.joined())
                }
                #expect(answers.count == 1)
            }
        }
    }

    @Test("The response to a creation contains tokens that are valid for the new operation only")
    func created() async throws {
        try await withKeys { server, tool in
            let create = try token(tool, [.create], .everything)
            let answer = try await server.answer(
                "PUT /api/v1/progress/new HTTP/1.1",
                "Authorization: Bearer \(create)",
                body: "{}"
            )
            let start = try #require(answer.firstRange(of: "\r\n\r\n")).upperBound
            let tokens = try JSONValue(parsing: String(answer[start...]))["tokens"]
            let report = try #require(tokens?["report"]?.stringValue)
            let watch = try #require(tokens?["watch"]?.stringValue)
            for (token, method, id, status) in [
                (report, "PATCH", "new", 200), (report, "PATCH", "a", 404), (report, "DELETE", "new", 403),
                (watch, "PATCH", "new", 403), (watch, "GET", "new", 200), (watch, "GET", "a", 404),
            ] {
                let answer = try await server.answer(
                    "\(method) /api/v1/progress/\(id) HTTP/1.1",
                    "Authorization: Bearer \(token)",
                    body: method == "PATCH" ? "{}" : ""
                )
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
            }
        }
    }

    @Test("A ticket is valid once; a token in the query is valid only if the configuration allows it")
    func tickets() async throws {
        for allows in [false, true] {
            try await withKeys({ $0.authorization.allowsQueryTokens = allows }) { server, tool in
                let watch = try token(tool, [.watch])
                let answer = try await server.answer("POST /api/v1/tickets HTTP/1.1", "Authorization: Bearer \(watch)")
                #expect(answer.hasPrefix("HTTP/1.1 201 "))
                let ticket = try #require(answer.split(separator: "\"").drop { $0 != "ticket" }.dropFirst(2).first)
                let path = "/api/v1/progress/a?ticket=\(ticket)"
                #expect(try await server.answer("GET \(path) HTTP/1.1").hasPrefix("HTTP/1.1 200 "))
                #expect(try await server.answer("GET \(path) HTTP/1.1").hasPrefix("HTTP/1.1 401 "))
                #expect(try await server.answer("POST /api/v1/tickets HTTP/1.1").hasPrefix("HTTP/1.1 401 "))
                let query = try await server.answer("GET /api/v1/progress/a?access_token=\(watch) HTTP/1.1")
                #expect(query.hasPrefix("HTTP/1.1 \(allows ? 200 : 401) "))
            }
        }
    }

    @Test(
        "A refused upgrade with a ticket has the reason of the refusal, not the problem of a used ticket",
        arguments: [("/a", 101, "Sec-WebSocket-Accept"), ("/nobody", 404, "unknown"), ("", 403, "list")]
    )
    func ticketKeepsReason(path: String, status: Int, word: String) async throws {
        try await withKeys({ _ in }) { server, tool in
            let watch = try token(tool, [.watch])
            let answer = try await server.answer("POST /api/v1/tickets HTTP/1.1", "Authorization: Bearer \(watch)")
            let ticket = try #require(answer.split(separator: "\"").drop { $0 != "ticket" }.dropFirst(2).first)
            let client = try await RawClient(server)
            try await client.send(
                "GET /api/v1/progress\(path)?ticket=\(ticket) HTTP/1.1",
                "Host: localhost",
                "Connection: Upgrade",
                "Upgrade: websocket",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
            )
            try await client.wait(for: "HTTP/1.1 \(status) ")
            try await client.wait(for: word)
            client.channel.close(promise: nil)
        }
    }

    @Test("A request for a ticket has no parameters and no members")
    func ticketsOnly() async throws {
        try await withKeys { server, tool in
            let bearer = "Authorization: Bearer \(try token(tool, [.watch]))"
            for (query, body, status) in [
                ("", "{}", 201), ("", "{", 400), ("", #"{"for":"me"}"#, 422), ("?x=y", "", 400), ("?ticket=", "", 400),
            ] {
                let answer = try await server.answer("POST /api/v1/tickets\(query) HTTP/1.1", bearer, body: body)
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(query) \(body)")
            }
        }
    }

    @Test("No log level logs a token or a ticket")
    func log() async throws {
        let log = LogText()
        var logger = Logger(label: "test") { _ in log }
        logger.logLevel = .trace
        try await withKeys({ $0.authorization.allowsQueryTokens = true }, logger: logger) { server, tool in
            let token = try token(tool, [.watch])
            for request in [
                "GET /api/v1/progress/a?access_token=\(token) HTTP/1.1",
                "GET /api/v1/progress/b?access_token=\(token) HTTP/1.1",
                "GET /nowhere?access_token=\(token) HTTP/1.1", "GET /api/v1/progress/a?ticket=SECRET HTTP/1.1",
                "BAD\u{1} /api/v1/progress/a?access_token=\(token) HTTP/1.1",
            ] {
                _ = try await server.answer(
                    request,
                    "Authorization: Bearer \(token)",
                    "Sec-WebSocket-Protocol: \(token)"
                )
            }
            let text = log.text
            #expect(!text.isEmpty)
            #expect(!text.contains(token) && !text.contains(token.suffix(20)) && !text.contains("SECRET"))
        }
    }

    @Test("The administrator's link comes after the address, and its token has the permission admin")
    func adminLink() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "live-progress-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        var configuration = ServerConfiguration()
        configuration.port = 0
        configuration.authorization.secretFile = path
        let said = Mutex<[String]>([])
        let application = try ServerApplication(
            configuration: configuration,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            onListening: { url in said.withLock { $0.append(url) } },
            onAdminLink: { url in said.withLock { $0.append(url) } }
        )
        let task = Task { try await application.run() }
        while said.withLock({ $0.count }) < 2 { await Task.yield() }
        task.cancel()
        try await task.value
        let links = said.withLock { $0 }
        let parts = links[1].split(separator: "#token=")
        #expect(parts.first.map(String.init) == links[0] + "/")
        let inspection = try TokenTool(secretFile: path, creates: false).inspect(String(try #require(parts.last)))
        #expect(inspection.isVerified && inspection.claims?.contains(#""can":["admin"]"#) == true)
    }

    @Test("With keys, an address other than loopback still needs TLS, and the error says so")
    func exposure() {
        var configuration = ServerConfiguration()
        configuration.host = "0.0.0.0"
        configuration.authorization.secretFile = "keys"
        #expect(configuration.authorization.hasKeys)
        let error = #expect(throws: ServerConfigurationError.self) { try configuration.validate() }
        #expect(error?.message.contains("TLS") == true)
    }

    @Test("A changed key set is read again; an invalid key set does not change the keys")
    func keySet() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "live-progress-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        func write(_ text: String) throws { try Data(text.utf8).write(to: URL(filePath: path), options: .atomic) }
        let fixtures = try TokenFixtures()
        let x = Base64URL.encode(fixtures.publicBytes)
        let set = #"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"ed","x":"\#(x)"}]}"#
        try write(#"{"keys":[]}"#)
        var configuration = AuthorizationConfiguration()
        configuration.keySetFile = path
        let (log, time) = (LogText(), ManualClock())
        let logger = Logger(label: "test") { _ in log }
        let files = KeyFiles(configuration: configuration, logger: logger, clock: time.clock)
        let empty = #expect(throws: ServerConfigurationError.self) { try files.load() }
        #expect(empty?.message.contains(path) == true)
        let authorizer = TokenAuthorizer(configuration)
        let mark = files.mark
        let watching = Task { await files.watch(authorizer, since: mark) }
        let token = try TokenIssuer(key: fixtures.edDSA).token(
            TokenClaims(subject: nil, permissions: [.watch], scope: .everything, from: Date.now, for: .seconds(600))
        )
        func isTaken() -> Bool {
            let request = ProgressAccessRequest(
                head: .init(method: .get, scheme: nil, authority: nil, path: "/"),
                renewal: token
            )
            if case .granted = authorizer.authorize(request) { return true }
            return false
        }
        #expect(!isTaken())
        // The task sleeps only after it has checked the file.
        func look() async {
            await time.sleepers(atLeast: 1)
            time.advance(by: configuration.keyFileInterval)
            await time.sleepers(atLeast: 1)
        }
        await look()
        #expect(!isTaken() && log.text.isEmpty)
        try write(set)
        await look()
        #expect(isTaken())
        try write("{")
        await look()
        #expect(isTaken())
        #expect(log.text.contains("stay as they were"))
        watching.cancel()
        await watching.value
    }
}

/// A log handler that stores the log text.
final class LogText: LogHandler, Sendable {
    private let lines = Mutex("")

    var text: String { lines.withLock { $0 } }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        lines.withLock { $0 += "\(event.message) \(event.metadata ?? [:])\n" }
    }
}
