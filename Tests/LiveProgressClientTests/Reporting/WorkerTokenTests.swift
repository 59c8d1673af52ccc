// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
@_spi(Server) import LiveProgressWire
import Synchronization
import Testing

@testable @_spi(Server) import LiveProgressClient

/// A server that requires the client's own token to create, and one of the accepted tokens to report.
private final class GuardedServer: Sendable {
    let journal: ProgressJournal
    private let tokens: ProgressTokens?
    private let taken: Mutex<Set<String>>
    /// The status code of a rejected report with the client's own token.
    private let statusOfOwn: Int

    init(tokens: ProgressTokens?, taken: Set<String>, statusOfOwn: Int = 401) throws {
        self.statusOfOwn = statusOfOwn
        journal = try ProgressService().createJournal(
            id: ProgressID("import-7"),
            options: ProgressOptions(lease: .seconds(3600))
        )
        self.tokens = tokens
        self.taken = Mutex(taken)
    }

    /// Replaces the set of tokens that reports accept.
    func take(_ tokens: Set<String>) { taken.withLock { $0 = tokens } }

    func reply(to request: ScriptedRequest) -> ScriptedReply {
        let token = request.headers["authorization"].map { String($0.dropFirst("Bearer ".count)) } ?? ""
        if request.method == "POST" {
            guard token == "own" else { return .answer(status: 401) }
            return .answer(status: 201, body: ProgressMessage.encodeSnapshot(journal.snapshot(), tokens: tokens))
        }
        guard taken.withLock({ $0.contains(token) }),
            let reports = try? request.body.split(separator: UInt8(ascii: "\n"))
                .map({ try ProgressReportBody.decodeReport(json: $0) }),
            let snapshot = try? reports.map({ try journal.report($0) }).last
        else { return .answer(status: token == "own" ? statusOfOwn : 401) }
        return .answer(status: 200, body: ProgressMessage.encodeSnapshot(snapshot))
    }
}

@Suite("A worker whose own token permits only creating")
struct WorkerTokenTests {
    private static let tokens = ProgressTokens(report: "for-the-worker", watch: "for-watchers")

    private func run(
        _ guarded: GuardedServer,
        _ body: (ProgressTracker, ScriptedServer) async throws -> Void
    ) async throws {
        try await ScriptedServer.run {
            request,
            _ in
            guarded.reply(to: request)
        } _: { server in
            var configuration = ProgressClient.Configuration()
            configuration.token = "own"
            // A request may have only one `Authorization` field, so the configured token must replace this one.
            configuration.headers = [("authorization", "Bearer of-the-headers")]
            configuration.reportInterval = .zero
            let client = try ProgressClient(url: server.url, configuration: configuration)
            try await body(try await client.createProgress(), server)
        }
    }

    /// The tokens of the requests, without repeats.
    private func tokens(of server: ScriptedServer) -> [String] {
        server.requests.compactMap { $0.headers["authorization"] }
            .reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    }

    @Test("The tracker reports with the token from the creation response")
    func reports() async throws {
        let guarded = try GuardedServer(tokens: Self.tokens, taken: ["for-the-worker"])
        try await run(guarded) { tracker, server in
            tracker.update("Reading")
            tracker.succeed()
            try await tracker.delivered()
            #expect(guarded.journal.snapshot().outcome == .succeeded())
            #expect(tokens(of: server) == ["Bearer own", "Bearer for-the-worker"])
        }
    }

    @Test("The tracker's link has the watch token in its fragment, not the report token")
    func link() async throws {
        let guarded = try GuardedServer(tokens: Self.tokens, taken: ["for-the-worker"])
        try await run(guarded) { tracker, server in
            let link = try #require(tracker.link)
            #expect(link.url == "\(server.url)/api/v1/progress/\(tracker.id)")
            #expect(link.watching == "\(link.url)#token=for-watchers")
            #expect(link.tokens == Self.tokens)
            #expect(link.environment["LIVE_PROGRESS_TOKEN"] == "for-the-worker")
            tracker.succeed()
            try await tracker.delivered()
        }
    }

    @Test("The tracker falls back to the client's own token after a 401, and loses no report")
    func fallsBack() async throws {
        let guarded = try GuardedServer(tokens: Self.tokens, taken: ["for-the-worker"])
        try await run(guarded) { tracker, server in
            tracker.update("Reading")
            try await tracker.delivered()
            guarded.take(["own"])
            tracker.update("Writing")
            tracker.succeed()
            try await tracker.delivered()
            #expect(guarded.journal.read(after: 0).events.map(\.snapshot.state).contains("Writing"))
            #expect(guarded.journal.snapshot().outcome == .succeeded())
            #expect(tokens(of: server) == ["Bearer own", "Bearer for-the-worker", "Bearer own"])
        }
    }

    @Test("The tracker fails as unauthenticated if the server rejects both tokens", arguments: [401, 403, 404])
    func refused(statusOfOwn: Int) async throws {
        let guarded = try GuardedServer(tokens: Self.tokens, taken: [], statusOfOwn: statusOfOwn)
        try await run(guarded) { tracker, server in
            tracker.update("Reading")
            let error = await #expect(throws: ProgressClientError.self) { try await tracker.delivered() }
            #expect(error?.code == .unauthenticated)
            #expect(tokens(of: server) == ["Bearer own", "Bearer for-the-worker", "Bearer own"])
        }
    }

    @Test("Without tokens in the creation response, the tracker uses its own token and a plain link")
    func withoutTokens() async throws {
        let guarded = try GuardedServer(tokens: nil, taken: ["own"])
        try await run(guarded) { tracker, server in
            let link = try #require(tracker.link)
            #expect(link.watching == link.url && link.tokens == nil)
            tracker.succeed()
            try await tracker.delivered()
            #expect(tokens(of: server) == ["Bearer own"])
        }
    }

    @Test("Decoding fails if a response has only one of the two tokens")
    func halfAPair() throws {
        #expect(try ProgressMessage.decodeTokens(Array(#"{"tokens":null}"#.utf8)) == nil)
        #expect(throws: WireError.self) { try ProgressMessage.decodeTokens(Array(#"{"tokens":{"report":"r"}}"#.utf8)) }
    }
}
