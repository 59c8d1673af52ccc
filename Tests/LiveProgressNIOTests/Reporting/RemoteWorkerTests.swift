// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressTesting
import Synchronization
import Testing

@testable import LiveProgressClient

/// The error of a worker.
struct Defect: Error, CustomStringConvertible {
    var description: String { "defect" }
}

extension SocketServer {
    /// Returns a client that sends without pauses.
    func client(_ change: (inout ProgressClient.Configuration) -> Void = { _ in }) throws -> ProgressClient {
        var configuration = ProgressClient.Configuration()
        configuration.initialRetryDelay = .zero
        configuration.reportInterval = .zero
        configuration.patienceAtStart = .seconds(3600)
        change(&configuration)
        return try ProgressClient(url: url, configuration: configuration)
    }

    /// Returns the client of an environment, with the configuration of ``client(_:)``.
    func client(of environment: [String: String]) throws -> ProgressClient? {
        try ProgressClient.fromEnvironment(environment, configuration: client().configuration)
    }

    func snapshot(_ id: ProgressID) throws -> ProgressSnapshot { try service.getJournal(id).snapshot() }

    /// Returns the last snapshot of an operation, after its end.
    func end(of id: ProgressID) async throws -> ProgressSnapshot? {
        var last: ProgressSnapshot?
        for try await snapshot in try service.stream(id) { last = snapshot }
        return last
    }
}

@Suite("A worker whose operation is on a server", .timeLimit(.minutes(5)))
struct RemoteWorkerTests {
    @Test("The calls of a tracker do the same as in a service: states in order, counts, and the end")
    func reports() async throws {
        try await SocketServer.with(journalCapacity: 1000) { server in
            let tracker = try await server.client().createProgress(options: ProgressOptions(title: "Import"))
            tracker.setCounts(total: 1000, unit: "rows")
            for number in 1...5 {
                tracker.update("Step \(number)", details: ["n": .integer(Int64(number))])
                for _ in 0..<200 { tracker.advance() }
            }
            #expect(tracker.succeed(result: ["rows": 1000]))
            #expect(!tracker.update("Too late"), "Invariant 6")
            #expect(try await tracker.delivered())
            let states = try server.service.getJournal(tracker.id).read(after: 0).events.map(\.snapshot.state)
            #expect(states.filter { $0.hasPrefix("Step") }.uniqued() == (1...5).map { "Step \($0)" })
            let snapshot = try server.snapshot(tracker.id)
            #expect(snapshot.title == "Import")
            #expect(snapshot.outcome == .succeeded(result: ["rows": 1000]))
            #expect(snapshot.counts?.completedCount == 1000)
            #expect(snapshot.counts?.unit == "rows")
        }
    }

    @Test("A report whose response is lost is applied once, in each of three rounds")
    func lostResponses() async throws {
        let lost = Mutex<Set<String>>([])
        let loses = { @Sendable (request: HTTPRequest) in
            guard request.method == .patch, let key = request.headerFields[.init("Idempotency-Key")!] else {
                return false
            }
            return lost.withLock { $0.insert(key).inserted }
        }
        try await SocketServer.with(answers: { !loses($0) }) { server in
            let tracker = try await server.client().createProgress()
            for round in 1...3 {
                tracker.update("Round \(round)")
                tracker.advance(by: 10)
                try await tracker.delivered()
                #expect(try server.snapshot(tracker.id).counts?.completedCount == Int64(10 * round))
            }
            let states = try server.service.getJournal(tracker.id).read(after: 0).events.map(\.snapshot.state)
            #expect(states.uniqued() == ["Round 1", "Round 2", "Round 3"])
            tracker.cancel()
            try await tracker.delivered()
        }
    }

    @Test("Running parts move the fraction on the server, and a finished part its count")
    func parts() async throws {
        try await SocketServer.with { server in
            let tracker = try await server.client().createProgress()
            tracker.setCounts(total: 10)
            let part = tracker.share(assigning: 4).start(totalCount: 100)
            for (step, fraction) in [(25, 0.1), (50, 0.3)] as [(Int64, Double)] {
                part.advance(by: step)
                try await tracker.delivered()
                let snapshot = try server.snapshot(tracker.id)
                #expect(snapshot.fractionCompleted == fraction)
                #expect(snapshot.counts?.completedCount == 0)
            }
            part.finish()
            try await tracker.delivered()
            #expect(try server.snapshot(tracker.id).fractionCompleted == 0.4)
            #expect(try server.snapshot(tracker.id).counts?.completedCount == 4)
            tracker.beginAttempt()
            try await tracker.delivered()
            #expect(try server.snapshot(tracker.id).attempt == 2)
            #expect(try server.snapshot(tracker.id).fractionCompleted == nil)
            tracker.cancel()
            try await tracker.delivered()
        }
    }

    @Test("Invariant 7: a tracker that is released without an end ends the operation as abandoned")
    func abandoned() async throws {
        try await SocketServer.with { server in
            let id = try await server.client().createProgress().id
            #expect(try await server.end(of: id)?.error == .abandoned)
        }
    }

    @Test("Invariant 7: after another worker has ended the operation, the tracker refuses reports")
    func fenced() async throws {
        try await SocketServer.with { server in
            let tracker = try await server.client().createProgress()
            try server.service.getJournal(tracker.id).report(ProgressReport(outcome: .succeeded()))
            tracker.update("Still here")
            let error = await #expect(throws: ProgressClientError.self) { try await tracker.delivered() }
            #expect(error?.code == .ended)
            await #expect(throws: ProgressError.self) { try await tracker.cancellationRequested() }
            #expect(!tracker.update("Anyone?"))
        }
    }

    @Test("A tracker of an operation that exists goes on with its counts and its attempt")
    func continues() async throws {
        try await SocketServer.with { server in
            let journal = try server.service.createJournal()
            try journal.report(ProgressReport(state: "A", completedCount: 5, totalCount: 10, attempt: 2))
            let tracker = try await server.client().getProgress(journal.id)
            tracker.advance(by: 2)
            try await tracker.delivered()
            #expect(journal.snapshot().counts?.completedCount == 7)
            #expect(journal.snapshot().state == "A")
            tracker.beginAttempt("B")
            tracker.succeed()
            try await tracker.delivered()
            #expect(journal.snapshot().attempt == 3)
            let gone = await #expect(throws: ProgressClientError.self) {
                try await server.client().getProgress(journal.id)
            }
            #expect(gone?.code == .ended)
        }
    }

    @Test("Invariant 1: without a server reports are accepted, and a wait for the server ends in time")
    func away() async throws {
        let client = try await SocketServer.with { try $0.client { $0.maximumRetryDelay = .seconds(1) } }
        let tracker = RemoteWorker(client, creating: ProgressID(), ProgressOptions()).start()
        #expect(tracker.update("Reading"))
        #expect(try await !tracker.delivered(within: .zero))
        let waiting = Task { try await tracker.delivered() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
    }

    @Test("Invariant 9: committed returns after the server's store has the reports, and throws without a store")
    func committed() async throws {
        let store = ProgressMemoryStore()
        let service = try await ProgressService(store: store)
        try await SocketServer.with(service: service) { server in
            let tracker = try await server.client().createProgress()
            for round in 1...3 {
                tracker.update("Round \(round)")
                try await tracker.committed()
                store.crash()
                #expect(try store.load().operations.map(\.newest.state) == ["Round \(round)"])
            }
            tracker.succeed()
            try await tracker.committed()
        }
        try await SocketServer.with { server in
            let tracker = try await server.client().createProgress()
            tracker.update("Reading")
            let error = await #expect(throws: ProgressError.self) { try await tracker.committed() }
            #expect(error?.code == .storeUnavailable)
            #expect(try server.snapshot(tracker.id).state == "Reading", "The report itself has arrived.")
            tracker.succeed()
            #expect(try await tracker.delivered())
        }
    }

    @Test(
        "Invariant 6: an end that is too large for the server arrives without its large parts, and the caller learns of it"
    )
    func largeEnd() async throws {
        try await SocketServer.with { server in
            let large = JSONValue.string(String(repeating: "x", count: 2_000_000))
            for (number, outcome) in [ProgressOutcome.succeeded(result: large), .succeeded(), .cancelled].enumerated() {
                let tracker = try await server.client().createProgress(id: try #require(ProgressID("large-\(number)")))
                tracker.update("Big", details: large)
                tracker.end(outcome)
                let error = await #expect(throws: ProgressClientError.self) { try await tracker.delivered() }
                #expect(error?.code == .invalidReport)
                let end = try await server.end(of: tracker.id)
                #expect(end?.status == outcome.status)
            }
        }
    }

    @Test("A worker of an operation that another one has replaced reports nothing on the new one")
    func replaced() async throws {
        try await SocketServer.with { server in
            let old = try await server.client().createProgress(id: ProgressID("nightly"))
            try server.service.getJournal(old.id).report(ProgressReport(outcome: .failed(.abandoned)))
            let new = try await server.client().createProgress(id: ProgressID("nightly"))
            old.succeed(result: "old")
            await #expect(throws: ProgressClientError.self) { try await old.delivered() }
            #expect(try server.snapshot(new.id).outcome == nil)
            new.succeed(result: "new")
            try await new.delivered()
            #expect(try server.snapshot(new.id).result == "new")
        }
    }

    @Test("After the end nothing more becomes durable, and committed says so")
    func committedAfterTheEnd() async throws {
        try await SocketServer.with { server in
            let tracker = try await server.client().createProgress()
            tracker.succeed()
            try await tracker.delivered()
            let error = await #expect(throws: ProgressError.self) { try await tracker.committed() }
            #expect(error?.code == .storeUnavailable)
        }
    }

    @Test("A worker that begins without asking the server learns of a request to cancel")
    func cancelledUnseen() async throws {
        try await SocketServer.with { server in
            let journal = try server.service.createJournal(options: ProgressOptions(isCancellable: true))
            try journal.requestCancel()
            var client = try server.client()
            client.operation = journal.id
            let tracker = client.beginProgress()
            tracker.update("Reading")
            try await tracker.cancellationRequested()
            tracker.cancel()
            try await tracker.delivered()
            #expect(journal.snapshot().outcome == .cancelled)
        }
    }

    @Test("Units that the worker counts itself beside a part do not lower the fraction on the server")
    func partAndUnits() async throws {
        try await SocketServer.with { server in
            let tracker = try await server.client().createProgress()
            tracker.setCounts(total: 10)
            let part = tracker.share(assigning: 4).start(totalCount: 2)
            part.advance()
            for fraction in [0.3, 0.4, 0.5] {
                tracker.advance()
                tracker.update("At \(fraction)")
                try await tracker.delivered()
                #expect(try server.snapshot(tracker.id).fractionCompleted == fraction)
            }
            tracker.cancel()
            try await tracker.delivered()
        }
    }

    @Test("Operations that begin at once share a bounded number of connections")
    func many() async throws {
        try await SocketServer.with { server in
            let client = try server.client()
            let trackers = (0..<150).map { _ in client.beginProgress(options: ProgressOptions(isCancellable: true)) }
            for tracker in trackers { tracker.succeed() }
            for tracker in trackers { #expect(try await tracker.delivered()) }
            #expect(server.service.operationCount == 150)
        }
    }

    @Test("Invariant 7: a silent worker renews its lease, at a third of the lease that the server gives")
    func lease() async throws {
        let time = ManualClock()
        let (renewals, renewal) = AsyncStream<Void>.makeStream()
        let count = Mutex(0)
        try await SocketServer.with(answers: { request in
            guard request.method == .patch else { return true }
            count.withLock { $0 += 1 }
            renewal.yield()
            return true
        }) { server in
            var renewed = renewals.makeAsyncIterator()
            let client = try server.client { $0.clock = time.clock }
            let tracker = try await client.createProgress(options: ProgressOptions(lease: .seconds(30)))
            for round in 1...3 {
                await time.sleepers(atLeast: 1)
                time.advance(by: .seconds(9))
                #expect(count.withLock(\.self) == round - 1)
                time.advance(by: .seconds(1))
                await renewed.next()
            }
            tracker.succeed()
            try await tracker.delivered()
        }
    }
}

extension [String] {
    /// The strings without repeats of the one before.
    func uniqued() -> [String] { reduce(into: []) { if $0.last != $1 { $0.append($1) } } }
}
