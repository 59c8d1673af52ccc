// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressClient
@_spi(Server) import LiveProgressWire
import Synchronization
import Testing

@Suite("A client's calls")
struct ProgressClientTests {
    private let id = ProgressID("import-7")

    private func client(_ server: ScriptedServer, prefix: String = "") throws -> ProgressClient {
        var configuration = ProgressClient.Configuration()
        configuration.headers = [("Authorization", "Bearer t")]
        return try ProgressClient(url: server.url + prefix, configuration: configuration)
    }

    @Test("A client sends the requests that the routes expect, and decodes the snapshot of each response")
    func calls() async throws {
        let answer = ProgressMessage.encodeSnapshot(snapshot(3))
        try await ScriptedServer.run { _, _ in
            .answer(status: 200, body: answer)
        } _: { server in
            let client = try client(server, prefix: "/jobs")
            var report = ProgressReport(state: "Processing")
            report.advance = 2
            let snapshots = [
                try await client.create(id: id, options: ProgressOptions(title: "Import"), idempotencyKey: "k")
                    .snapshot,
                try await client.report(
                    id,
                    report,
                    ifMatch: ProgressCursor(epoch: "k3f9", revision: 2),
                    idempotencyKey: "r"
                ),
                try await client.get(id),
                try await client.cancel(id),
            ]
            #expect(snapshots == Array(repeating: snapshot(3), count: 4))
            try await client.delete(id)
            let requests = server.requests
            let base = "/jobs/api/v1/progress"
            #expect(
                requests.map { "\($0.method) \($0.target)" } == [
                    "POST \(base)", "PATCH \(base)/import-7", "GET \(base)/import-7", "POST \(base)/import-7/cancel",
                    "DELETE \(base)/import-7",
                ]
            )
            #expect(requests.allSatisfy { $0.headers["authorization"] == "Bearer t" })
            #expect(requests.allSatisfy { "http://\($0.headers["host"] ?? "")" == server.url })
            #expect(requests[0].headers["idempotency-key"] == "k")
            #expect(try ProgressReportBody.decodeCreate(json: requests[0].body).options.title == "Import")
            #expect(requests[1].headers["if-match"] == "\"k3f9-2\"")
            #expect(requests[1].headers["idempotency-key"] == "r")
            #expect(requests[1].headers["content-type"] == "application/json")
            #expect(try ProgressReportBody.decodeReport(json: requests[1].body) == report)
            #expect(requests[3].headers["content-length"] == "0")
        }
    }

    @Test("A client asks its source for a token before each request and connection; a failure is transient")
    func tokenSource() async throws {
        let answer = ProgressMessage.encodeSnapshot(snapshot(3))
        let asked = Mutex(0)
        try await ScriptedServer.run { request, _ in
            request.headers["upgrade"] == nil
                ? .answer(status: 200, body: answer)
                : .webSocket([ProgressMessage.encodeFull(event(.end, 4))], close: 1000)
        } _: { server in
            var configuration = ProgressClient.Configuration()
            configuration.token = "never sent"
            configuration.tokenSource = {
                let number = asked.withLock { number in
                    number += 1
                    return number
                }
                guard number < 4 else { throw ProgressClientError(.refused, "no more") }
                return "t\(number)"
            }
            let client = try ProgressClient(url: server.url, configuration: configuration)
            _ = try await client.get(id)
            _ = try await client.get(id)
            for try await event in client.events(of: id) { #expect(event.kind == .end) }
            let error = await #expect(throws: ProgressClientError.self) { try await client.get(id) }
            #expect(error?.isTransient == true)
            #expect(server.requests.map { $0.headers["authorization"] } == ["Bearer t1", "Bearer t2", "Bearer t3"])
        }
    }

    @Test("create returns the tokens of the response, and nil if the response has no tokens")
    func createdTokens() async throws {
        let snapshot = snapshot(0)
        for tokens in [ProgressTokens(report: "for-the-worker", watch: "for-watchers"), nil] {
            let answer = ProgressMessage.encodeSnapshot(snapshot, tokens: tokens)
            try await ScriptedServer.run { _, _ in
                .answer(status: 201, body: answer)
            } _: { server in
                let created = try await client(server).create(id: id)
                #expect(created == ProgressCreation(snapshot: snapshot, tokens: tokens))
            }
        }
    }

    @Test("list requests one page and percent-encodes every filter")
    func lists() async throws {
        let page = ProgressPage(snapshots: [snapshot(1)], nextPageToken: "a&b")
        try await ScriptedServer.run { _, _ in
            .answer(status: 200, body: ProgressMessage.encodePage(page))
        } _: { server in
            let query = ProgressQuery(
                statuses: [.running, .failed],
                labels: ["team": "a=b c"],
                parent: id,
                limit: 5,
                pageToken: "x/y"
            )
            let answer = try await client(server).list(query)
            #expect(answer == page)
            #expect(
                server.requests.map(\.target) == [
                    "/api/v1/progress?status=failed&status=running&label=team%3Da%3Db%20c&parent=import-7&limit=5"
                        + "&pageToken=x%2Fy"
                ]
            )
        }
    }

    @Test(
        "A client maps the problem or the status code of a response to an error code",
        arguments: [
            (404, "unknown", .unknown), (410, "gone", .gone), (409, "already-exists", .alreadyExists),
            (409, "ended", .ended), (409, "stale-attempt", .staleAttempt), (412, "cursor-mismatch", .cursorMismatch),
            (409, "not-cancellable", .notCancellable), (422, "invalid-report", .invalidReport),
            (503, "too-many-operations", .tooManyOperations), (404, nil, .unknown), (410, nil, .gone),
            (401, nil, .unauthenticated), (403, nil, .forbidden), (412, nil, .cursorMismatch),
            (413, nil, .invalidReport), (429, nil, .unavailable), (503, nil, .unavailable), (301, nil, .invalidAnswer),
            (418, nil, .refused),
        ] as [(Int, String?, ProgressClientError.Code)]
    )
    func problems(status: Int, name: String?, code: ProgressClientError.Code) async throws {
        let problem = name.map {
            ProgressProblem(type: ProgressProblem.typePrefix + $0, title: "No", status: status, detail: "Because.")
        }
        let body = problem.map(ProgressMessage.encodeProblem) ?? Array("<html>".utf8)
        let type = problem == nil ? "text/html" : "application/problem+json"
        try await ScriptedServer.run { _, _ in
            .answer(status: status, headers: ["Content-Type": type, "Retry-After": "7"], body: body)
        } _: { server in
            let error = await #expect(throws: ProgressClientError.self) { try await client(server).get(id) }
            #expect(error?.code == code)
            #expect(error?.problem == problem)
            #expect(error?.retryAfter == .seconds(7))
            #expect(error?.message == (problem == nil ? "The server answered with status \(status)." : "Because."))
        }
    }

    @Test(
        "A client throws an error with a precise code if no valid response arrives",
        arguments: [
            (.nothing, .disconnected), (.bytes([]), .disconnected),
            (.bytes(Array("SSH-2.0-OpenSSH\r\n\r\n".utf8)), .invalidAnswer),
            (.bytes(Array("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{".utf8)), .disconnected),
            (.answer(status: 200, body: Array("{}".utf8)), .invalidAnswer),
            (.answer(status: 200, body: Array("hello".utf8)), .invalidAnswer),
            (.answer(status: 200, body: Array(repeating: 32, count: 5000)), .answerTooLarge),
            (.silence, .timedOut),
        ] as [(ScriptedReply, ProgressClientError.Code)]
    )
    func noAnswer(reply: ScriptedReply, code: ProgressClientError.Code) async throws {
        try await ScriptedServer.run { _, _ in
            reply
        } _: { server in
            var configuration = ProgressClient.Configuration()
            configuration.maximumAnswerSize = 4096
            if code == .timedOut { configuration.requestTimeout = .milliseconds(20) }
            let client = try ProgressClient(url: server.url, configuration: configuration)
            let error = await #expect(throws: ProgressClientError.self) { try await client.get(id) }
            #expect(error?.code == code, "\(error?.message ?? "")")
        }
    }

    @Test("A client throws unreachable if no server listens at the address")
    func unreachable() async throws {
        try await DeadPort.with { url in
            let client = try ProgressClient(url: url)
            let error = await #expect(throws: ProgressClientError.self) { try await client.get(id) }
            #expect(error?.code == .unreachable)
            #expect(error?.message.contains(url) == true)
            #expect(error?.isTransient == true)
        }
    }

    @Test("A request ends immediately when its task is cancelled")
    func cancelled() async throws {
        let (asked, continuation) = AsyncStream<Void>.makeStream()
        try await ScriptedServer.run { _, _ in
            continuation.yield()
            return .silence
        } _: { server in
            let client = try client(server)
            let task = Task { try await client.get(id) }
            for await _ in asked { break }
            task.cancel()
            let error = await #expect(throws: ProgressClientError.self) { try await task.value }
            #expect(error?.code == .cancelled)
        }
    }
}
