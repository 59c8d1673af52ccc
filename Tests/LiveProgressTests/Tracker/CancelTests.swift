// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Testing

@Suite("Requests to cancel, and running work")
struct CancelTests {
    private let environment = TestService()
    private var service: ProgressService { environment.service }

    @Test("A request to cancel is rejected if the operation is not cancellable")
    func notCancellable() throws {
        let tracker = try service.createProgress(id: id("op"))
        let journal = try service.getJournal(tracker.id)
        #expect { try journal.requestCancel() } throws: { ($0 as? ProgressError)?.code == .notCancellable }
        #expect(journal.snapshot().status == .pending)
    }

    @Test("Cancellation has two phases: the status is cancelling until the worker ends the operation")
    func twoPhases() async throws {
        let tracker = try service.createProgress(id: id("op"), options: .init(isCancellable: true))
        let journal = try service.getJournal(tracker.id)
        #expect(!tracker.isCancellationRequested)
        let waiting = Task { try await tracker.cancellationRequested() }
        #expect(try journal.requestCancel().status == .cancelling)
        try await waiting.value
        #expect(tracker.isCancellationRequested)
        tracker.update("Cleaning up")
        #expect(journal.snapshot().status == .cancelling)
        #expect(try journal.requestCancel().revision == journal.snapshot().revision)
        tracker.cancel()
        #expect(journal.snapshot().status == .cancelled)
        #expect { try journal.requestCancel() } throws: { ($0 as? ProgressError)?.code == .ended }
    }

    @Test("A wait for a request to cancel ends when the operation ends")
    func waitingEnds() async throws {
        let tracker = try service.createProgress(id: id("op"))
        let waiting = Task { try await tracker.cancellationRequested() }
        tracker.succeed()
        await #expect(throws: ProgressError.self) { try await waiting.value }
    }

    @Test("Work that returns makes the operation succeed, and may use the current tracker")
    func runSucceeds() async throws {
        let result = try await service.run("Import", id: id("op")) {
            ProgressTracker.current.update("Working")
            return 42
        }
        let snapshot = try service.getJournal(id("op")).snapshot()
        #expect(result == 42)
        #expect(snapshot.status == .succeeded)
        #expect(snapshot.title == "Import")
        #expect(snapshot.isCancellable)
        #expect(snapshot.revision == 2)
    }

    @Test("Work that throws makes the operation fail with the thrown problem")
    func runFails() async throws {
        let problem = ProgressProblem(title: "Disk full", detail: "0 bytes left")
        await #expect(throws: problem) {
            try await service.run("Import", id: id("op")) { () async throws -> Void in throw problem }
        }
        #expect(try service.getJournal(id("op")).snapshot().error == problem)
    }

    @Test("A watcher's request to cancel cancels the task, and the operation ends as cancelled")
    func requestCancelsTheTask() async throws {
        let service = service
        let running = Task {
            try await service.run("Import", id: id("op")) { tracker in
                tracker.update("Waiting")
                try await ProgressTracker.noop.startSignal.wait()
            }
        }
        while (try? service.getProgress(id("op"))) == nil { await Task.yield() }
        for try await snapshot in try service.stream(id("op"))
        where snapshot.state == "Waiting" && snapshot.status == .running {
            try service.getJournal(id("op")).requestCancel()
        }
        await #expect(throws: CancellationError.self) { try await running.value }
        #expect(try service.getJournal(id("op")).snapshot().status == .cancelled)
    }

    @Test("If the work ends the operation itself, this end is kept")
    func ownEnd() async throws {
        try await service.run("Import", id: id("op")) { tracker in _ = tracker.succeed(result: ["rows": 7]) }
        #expect(try service.getJournal(id("op")).snapshot().result == ["rows": 7])
    }

    @Test("A JSON value that the work returns becomes the result of the operation")
    func resultIsKept() async throws {
        _ = try await service.run("Import", id: id("op")) { () -> JSONValue in ["rows": 7] }
        #expect(try service.getJournal(id("op")).snapshot().result == ["rows": 7])
    }

    @Test("start returns the identifier immediately and the value later")
    func start() async throws {
        let started = try service.start("Import", id: id("op")) { _ in 42 }
        #expect(started.id == id("op"))
        #expect(try await started.task.value == 42)
    }
}
