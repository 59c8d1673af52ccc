// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
@_spi(Server) import LiveProgressHTTP
import LiveProgressNIO
import Testing

@testable import LiveProgressClient

@Suite("A share that another process does", .timeLimit(.minutes(2)))
struct HandoverTests {
    /// Runs a test with a worker whose operation has ten units, of which four are handed over.
    private func with(
        _ body: (SocketServer, ProgressTracker, ProgressHandover) async throws -> Void
    ) async throws {
        try await SocketServer.with { server in
            let tracker = try await server.client().createProgress(options: ProgressOptions(isCancellable: true))
            tracker.setCounts(total: 10)
            let handover = try await tracker.share(assigning: 4).handOver("Upload")
            try await body(server, tracker, handover)
            tracker.cancel()
            try await tracker.delivered()
        }
    }

    /// Returns once the operation has a fraction on the server.
    private func fraction(_ fraction: Double, of tracker: ProgressTracker, on server: SocketServer) async throws {
        for try await snapshot in try server.service.stream(tracker.id) where snapshot.fractionCompleted == fraction {
            return
        }
        Issue.record("The operation ended without the fraction \(fraction).")
    }

    @Test("The other process's fraction counts by the weight of the share, and its success completes the share")
    func succeeds() async throws {
        try await with { server, tracker, handover in
            let other = try #require(try ProgressClient.fromEnvironment(handover.environment))
            #expect(other.operation == handover.id)
            let fractionIsThere = { @Sendable in try await fraction(0.2, of: tracker, on: server) }
            try await other.run("Ignored") { part in
                part.setCounts(completed: 1, total: 2)
                try await fractionIsThere()
                part.advance()
                part.succeed(result: ["bytes": 7])
            }
            #expect(try await handover.result() == ["bytes": 7])
            try await tracker.delivered()
            #expect(try server.snapshot(tracker.id).counts?.completedCount == 4)
            let child = try server.snapshot(handover.id)
            #expect(child.parent == tracker.id && child.title == "Upload")
        }
    }

    @Test("The field of a request hands over the same share; a link to another server is refused")
    func field() async throws {
        try await with { server, _, handover in
            let field = try #require(handover.field)
            let other = try #require(try server.client().handedOver(field))
            try await other.run("Ignored") { _ in }
            #expect(try await handover.result() == nil)
            let stranger = try ProgressClient(url: "http://127.0.0.1:1")
            #expect(throws: ProgressClientError.self) { try stranger.handedOver(field) }
            #expect(try stranger.handedOver(nil) == nil)
        }
    }

    @Test("A failure of the other process is thrown, and the share keeps its fraction")
    func fails() async throws {
        try await with { server, tracker, handover in
            let other = try ProgressClient.fromEnvironment(handover.environment)
            await #expect(throws: Defect.self) {
                try await other.run("Ignored") { part in
                    part.setCounts(completed: 1, total: 2)
                    throw Defect()
                }
            }
            let error = await #expect(throws: ProgressHandoverError.self) { try await handover.result() }
            #expect(error?.message == "\"Upload\" (operation \(handover.id)) failed: defect")
            try await tracker.delivered()
            #expect(try server.snapshot(tracker.id).fractionCompleted == 0.2)
        }
    }

    @Test("The silence of the other process is visible, and so is its loss")
    func silence() async throws {
        try await with { server, _, handover in
            let journal = try server.service.getJournal(handover.id)
            try journal.report(ProgressReport(state: "Begun", lease: .milliseconds(1)))
            while handover.snapshot?.status != .stalled { await Task.yield() }
        }
    }

    @Test("A request to cancel goes on to the other process, whose end is thrown")
    func cancels() async throws {
        try await with { server, tracker, handover in
            let other = try ProgressClient.fromEnvironment(handover.environment)
            try await server.client().cancel(tracker.id)
            await #expect(throws: CancellationError.self) {
                try await other.run("Ignored") { _ in try await Task.sleep(for: .seconds(3600)) }
            }
            let error = await #expect(throws: ProgressHandoverError.self) { try await handover.result() }
            #expect(error?.snapshot?.outcome == .cancelled)
        }
    }

    @Test("A service in the server's process hands its shares over too")
    func ofAService() async throws {
        try await SocketServer.with { server in
            server.hosting.api.setPublicURL(server.url)
            let tracker = try server.service.createProgress()
            #expect(tracker.link?.url == "\(server.url)/api/v1/progress/\(tracker.id)")
            tracker.setCounts(total: 10)
            let handover = try await tracker.share(assigning: 4).handOver("Upload")
            let other = try ProgressClient.fromEnvironment(handover.environment)
            try await other.run("Ignored") { $0.update("Uploading") }
            #expect(try await handover.result() == nil)
            #expect(tracker.snapshot()?.counts?.completedCount == 4)
            tracker.succeed()
        }
    }

    @Test("A share of no operation is handed over to nobody; one of a service without a server is refused")
    func nobody() async throws {
        let none = try await ProgressTracker.noop.share(assigning: 1).handOver("Upload")
        #expect(none.environment.isEmpty && none.field == nil && none.link == nil)
        #expect(try await none.result() == nil)
        let tracker = try ProgressService().createProgress()
        tracker.setCounts(total: 2)
        await #expect(throws: ProgressHandoverError.self) { try await tracker.share(assigning: 1).handOver("Upload") }
        tracker.succeed()
    }
}
