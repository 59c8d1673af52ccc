// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
@_spi(Server) import LiveProgressWire
import Synchronization
import Testing

@testable import LiveProgressClient

/// A server of one operation: a ``ScriptedServer`` whose responses come from a real journal.
private final class OperationServer: Sendable {
    let journal: ProgressJournal
    /// The numbers of the requests that the server processes without sending the response.
    let lost: Set<Int>

    init(lost: Set<Int> = []) throws {
        let service = ProgressService()
        journal = try service.createJournal(
            id: ProgressID("import-7"),
            options: ProgressOptions(isCancellable: true, lease: .seconds(3600))
        )
        self.lost = lost
    }

    func reply(to request: ScriptedRequest, number: Int) -> ScriptedReply {
        // The tracker's own watch stays open without events; the tests do not need its events.
        if request.headers["upgrade"] != nil { return .webSocket([], close: nil) }
        do throws(ProgressError) {
            let body = ProgressMessage.encodeSnapshot(try snapshot(after: request))
            return lost.contains(number) ? .nothing : .answer(status: 200, body: body)
        } catch {
            let problem = ProgressProblem(type: ProgressProblem.typePrefix + error.code.name, title: error.message)
            let status = error.code == .cursorMismatch ? 412 : 409
            return .answer(
                status: status,
                headers: ["Content-Type": "application/problem+json"],
                body: ProgressMessage.encodeProblem(problem)
            )
        }
    }

    private func snapshot(after request: ScriptedRequest) throws(ProgressError) -> ProgressSnapshot {
        guard request.method == "PATCH", let report = try? ProgressReportBody.decodeReport(json: request.body) else {
            return journal.snapshot()
        }
        let cursor = request.headers["if-match"].flatMap { ProgressCursor($0.filter { $0 != "\"" }) }
        return try journal.report(report, ifMatch: cursor)
    }

    var states: [String] {
        journal.read(after: 0).events.map(\.snapshot.state)
    }
}

@Suite("A worker in another process")
struct RemoteTrackerTests {
    private let id = ProgressID("import-7")

    private func client(_ url: String) throws -> ProgressClient {
        var configuration = ProgressClient.Configuration()
        configuration.initialRetryDelay = .zero
        configuration.reportInterval = .zero
        return try ProgressClient(url: url, configuration: configuration)
    }

    private func run(
        _ operation: OperationServer,
        _ body: (ProgressClient, ScriptedServer) async throws -> Void
    ) async throws {
        try await ScriptedServer.run {
            operation.reply(to: $0, number: $1)
        } _: { server in
            try await body(try client(server.url), server)
        }
    }

    @Test("A tracker delivers every transition in order, the newest counts, and the end")
    func reports() async throws {
        let operation = try OperationServer()
        try await run(operation) { client, _ in
            let tracker = try await client.tracker(for: id)
            tracker.setCounts(total: 1000, unit: "rows")
            for number in 1...5 {
                tracker.update("Step \(number)")
                for _ in 0..<200 { tracker.advance() }
            }
            #expect(tracker.succeed(result: ["rows": 1000]))
            #expect(!tracker.update("Too late"), "Invariant 6")
            try await tracker.flush()
            let snapshot = operation.journal.snapshot()
            #expect(operation.states.filter { $0.hasPrefix("Step") }.uniqued() == (1...5).map { "Step \($0)" })
            #expect(snapshot.outcome == .succeeded(result: ["rows": 1000]))
            #expect(snapshot.counts?.completedCount == 1000)
            #expect(tracker.snapshot.cursor == snapshot.cursor)
            #expect(tracker.droppedReportCount == 0)
        }
    }

    @Test("A tracker does not repeat a report that arrived although the response was lost")
    func lostAnswers() async throws {
        // Request 0 is a GET. Request 1 is the first report, whose response is lost. Request 2 repeats the report with
        // If-Match, and fails. Request 3 is the GET that shows the report in the journal.
        let operation = try OperationServer(lost: [1])
        try await run(operation) { client, server in
            var report = ProgressReport(state: "Reading")
            report.isCancellable = false
            let plain = try await client.get(id)
            let tracker = RemoteTracker(client: client, snapshot: plain.notCancellable)
            tracker.report(report)
            try await tracker.flush()
            #expect(operation.journal.snapshot().revision == 1)
            #expect(server.requests.map(\.method) == ["GET", "PATCH", "PATCH", "GET"])
            #expect(server.requests[2].headers["if-match"] == "\"\(plain.cursor)\"")
            tracker.cancel()
            try await tracker.flush()
        }
    }

    @Test("A tracker learns of a cancellation request from the response to its next report")
    func cancellation() async throws {
        let operation = try OperationServer()
        try await run(operation) { client, _ in
            let tracker = try await client.tracker(for: id)
            #expect(!tracker.isCancellationRequested)
            try operation.journal.requestCancel()
            tracker.update("Reading")
            try await tracker.cancellationRequested()
            #expect(tracker.isCancellationRequested)
            tracker.cancel()
            try await tracker.flush()
            #expect(operation.journal.snapshot().outcome == .cancelled)
        }
    }

    @Test("Invariant 7: releasing a tracker without an end ends the operation as abandoned")
    func abandoned() async throws {
        let operation = try OperationServer()
        try await run(operation) { client, _ in
            _ = try await client.tracker(for: id)
            var last: ProgressSnapshot?
            for try await event in operation.journal.events() { last = event.snapshot }
            #expect(last?.error == .abandoned)
        }
    }

    @Test("Invariant 7: a tracker stops with an error after another worker has ended the operation")
    func fenced() async throws {
        let operation = try OperationServer()
        try await run(operation) { client, _ in
            let tracker = try await client.tracker(for: id)
            var other = ProgressReport()
            other.outcome = .succeeded()
            _ = try operation.journal.report(other)
            tracker.update("Still here")
            let error = await #expect(throws: ProgressClientError.self) { try await tracker.flush() }
            #expect(error?.code == .ended)
            #expect(tracker.failure?.code == .ended)
            #expect(!tracker.update("Anyone?"))
            let waiting = await #expect(throws: ProgressClientError.self) { try await tracker.cancellationRequested() }
            #expect(waiting?.code == .ended)
        }
    }

    @Test("Invariant 1: a tracker accepts reports without a server, and flush waits no longer than its timeout")
    func away() async throws {
        try await DeadPort.with { dead in
            let tracker = RemoteTracker(client: try client(dead), snapshot: snapshot(1))
            #expect(tracker.update("Reading"))
            let late = await #expect(throws: ProgressClientError.self) { try await tracker.flush(timeout: .zero) }
            #expect(late?.code == .timedOut)
            let task = Task { try await tracker.flush() }
            task.cancel()
            let cancelled = await #expect(throws: ProgressClientError.self) { try await task.value }
            #expect(cancelled?.code == .cancelled)
        }
    }

    @Test("Invariant 7: a tracker without new reports renews its lease")
    func heartbeat() async throws {
        let operation = try OperationServer()
        let (asked, continuation) = AsyncStream<String>.makeStream()
        try await ScriptedServer.run { request, number in
            continuation.yield(request.method)
            return operation.reply(to: request, number: number)
        } _: { server in
            var configuration = try client(server.url).configuration
            configuration.heartbeatInterval = .milliseconds(1)
            let client = try ProgressClient(url: server.url, configuration: configuration)
            let tracker = RemoteTracker(client: client, snapshot: operation.journal.snapshot().notCancellable)
            for await method in asked where method == "PATCH" { break }
            tracker.succeed()
            try await tracker.flush()
            #expect(operation.journal.snapshot().outcome == .succeeded())
        }
    }
}

extension ProgressSnapshot {
    /// A copy that is not cancellable, so that its tracker opens no watch.
    fileprivate var notCancellable: ProgressSnapshot {
        ProgressSnapshot(id: id, cursor: cursor, createdAt: createdAt, updatedAt: updatedAt)
    }
}

extension [String] {
    fileprivate func uniqued() -> [String] {
        reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    }
}
