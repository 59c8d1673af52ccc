// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
@_spi(Server) import LiveProgressHTTP
import LiveProgressNIO
import Testing

@testable import LiveProgressClient

@Suite("A share that another process does", .timeLimit(.minutes(5)))
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
            let other = try #require(try server.client(of: handover.environment))
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
            let other = try server.client(of: handover.environment)
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

    @Test("The field names an operation with its token alone; anything else is refused")
    func fieldOfAnother() async throws {
        try await with { server, _, handover in
            let client = try server.client { $0.token = "own" }
            let url = try #require(handover.link?.url)
            #expect(try client.handedOver(url)?.configuration.token == nil)
            #expect(try client.handedOver("\(url);token=a.b.c")?.configuration.token == "a.b.c")
            for parameter in ["", "foo=bar", "token=", "token=a\r\nb", "token=a b", "token=é"] {
                #expect(throws: ProgressClientError.self) { try client.handedOver("\(url);\(parameter)") }
            }
        }
    }

    @Test("The process that hands over can end the part when it knows that its worker cannot")
    func failedByParent() async throws {
        try await with { server, _, handover in
            try await handover.fail(Defect())
            let error = await #expect(throws: ProgressHandoverError.self) { try await handover.result() }
            #expect(error?.snapshot?.error?.detail == "defect")
            await #expect(throws: ProgressClientError.self) { try await handover.fail(Defect()) }
        }
    }

    @Test("A deleted part is lost")
    func deleted() async throws {
        try await with { server, _, handover in
            try server.service.deleteProgress(handover.id)
            let error = await #expect(throws: ProgressHandoverError.self) { try await handover.result() }
            #expect(error?.message.hasPrefix("Operation \(handover.id) cannot be watched any more") == true)
        }
    }

    @Test("A task that waits for the result and is cancelled asks the other process to stop")
    func waitingIsCancelled() async throws {
        try await with { server, _, handover in
            let waiting = Task { try await handover.result() }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            let snapshot = try server.snapshot(handover.id)
            #expect(snapshot.status == .cancelling)
        }
    }

    @Test("The events of a part after the end of the operation are no refused reports")
    func afterTheEnd() async throws {
        try await with { server, tracker, handover in
            tracker.cancel()
            let journal = try server.service.getJournal(handover.id)
            for count in 1...3 { try journal.report(ProgressReport(completedCount: Int64(count), totalCount: 3)) }
            try journal.report(ProgressReport(outcome: .succeeded()))
            _ = try await handover.result()
            #expect(tracker.refusedReportCount == 0)
        }
    }

    @Test("A request to cancel goes on to the other process, whose end is thrown")
    func cancels() async throws {
        try await with { server, tracker, handover in
            let other = try server.client(of: handover.environment)
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
            let other = try server.client(of: handover.environment)
            try await other.run("Ignored") { $0.update("Uploading") }
            #expect(try await handover.result() == nil)
            #expect(tracker.snapshot()?.counts?.completedCount == 4)
            tracker.succeed()
        }
    }

    @Test("A share of no operation has an empty handover; one of a service without a server is refused")
    func noOperation() async throws {
        let none = try await ProgressTracker.noop.share(assigning: 1).handOver("Upload")
        #expect(none.environment.isEmpty && none.field == nil && none.link == nil)
        #expect(try await none.result() == nil)
        let tracker = try ProgressService().createProgress()
        tracker.setCounts(total: 2)
        await #expect(throws: ProgressHandoverError.self) { try await tracker.share(assigning: 1).handOver("Upload") }
        #expect(tracker.snapshot()?.fractionCompleted == 0, "A share that is not handed over is not completed.")
        tracker.succeed()
    }
}
