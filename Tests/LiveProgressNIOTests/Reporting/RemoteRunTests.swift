// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import Synchronization
import Testing

@testable import LiveProgressClient

@Suite("Work that runs as an operation on a server", .timeLimit(.minutes(5)))
struct RemoteRunTests {
    @Test("The operation is created, is current inside the work, and succeeds with the result")
    func succeeds() async throws {
        try await SocketServer.with { server in
            let id = ProgressID("import-7")
            let result: JSONValue = try await server.client().run("Import", id: id, labels: ["team": "data"]) { _ in
                for _ in [1, 2, 3].trackingProgress() { ProgressTracker.current.update("Inserting") }
                return ["rows": 3]
            }
            #expect(result == ["rows": 3])
            let snapshot = try server.snapshot(id)
            #expect(snapshot.outcome == .succeeded(result: ["rows": 3]))
            #expect(snapshot.title == "Import" && snapshot.labels == ["team": "data"])
            #expect(snapshot.counts?.completedCount == 3)
        }
    }

    @Test("The operation fails with the error of the work, which is thrown")
    func fails() async throws {
        try await SocketServer.with { server in
            let id = ProgressID("import-7")
            await #expect(throws: Defect.self) {
                try await server.client().run("Import", id: id) { _ in throw Defect() }
            }
            let snapshot = try server.snapshot(id)
            #expect(snapshot.error?.detail == "defect")
        }
    }

    @Test("A request to cancel on the server cancels the task of the work")
    func cancels() async throws {
        try await SocketServer.with { server in
            let id = ProgressID("import-7")
            let client = try server.client()
            await #expect(throws: CancellationError.self) {
                try await client.run("Import", id: id) { _ in
                    // In a task of its own, because the request may cancel this one before its response arrives.
                    Task { try await client.cancel(id) }
                    try await Task.sleep(for: .seconds(3600))
                }
            }
            #expect(try server.snapshot(id).outcome == .cancelled)
        }
    }

    @Test("A refused creation is thrown before the work begins")
    func refused() async throws {
        try await SocketServer.with { server in
            let id = ProgressID("import-7")
            _ = try server.service.createJournal(id: id)
            let error = await #expect(throws: ProgressClientError.self) {
                try await server.client().run("Import", id: id) { _ in Issue.record("The work must not begin.") }
            }
            #expect(error?.code == .alreadyExists)
        }
    }

    @Test("A creation whose response is lost is repeated with its key")
    func lostCreation() async throws {
        let isLost = Mutex(false)
        let loses = { @Sendable (request: HTTPRequest) in
            request.method == .post
                && isLost.withLock { isLost in
                    defer { isLost = true }
                    return !isLost
                }
        }
        try await SocketServer.with(answers: { !loses($0) }) { server in
            let id = ProgressID("import-7")
            try await server.client().run("Import", id: id) { $0.update("Reading") }
            #expect(try server.snapshot(id).status == .succeeded)
        }
    }

    @Test("Work that names an operation which is gone is done, and reports nowhere")
    func goneOperation() async throws {
        try await SocketServer.with { server in
            let url = "\(server.url)/api/v1/progress/unknown"
            let client = try server.client(of: ["LIVE_PROGRESS_URL": url])
            let result = try await client.run("Ignored") { _ in 7 }
            #expect(result == 7)
        }
    }

    @Test("While the server cannot be reached, the work runs")
    func unreachable() async throws {
        let client = try await SocketServer.with { try $0.client() }
        let result = try await client.run("Import", patience: .zero) { tracker in tracker.update("Reading") }
        #expect(result)
    }

    @Test("A guest reports on an operation, and leaves its end to the process that began it")
    func guest() async throws {
        try await SocketServer.with { server in
            let journal = try server.service.createJournal()
            let url = "\(server.url)/api/v1/progress/\(journal.id)"
            for round in 1...3 {
                let client = try server.client(of: ["LIVE_PROGRESS_URL": url])
                try await client.run("Ignored") { tracker in
                    tracker.update("Round \(round)")
                    tracker.advance()
                }
                #expect(journal.snapshot().state == "Round \(round)")
                #expect(journal.snapshot().counts?.completedCount == Int64(round))
                #expect(!journal.isEnded)
            }
        }
    }
}
