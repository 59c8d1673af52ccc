// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressTesting
import LiveProgressWire
import Synchronization
import Testing

@testable import LiveProgress
@testable import LiveProgressClient

/// A server of one operation that loses requests, responses, and, in a crash, what is not durable.
private struct UnreliableServer {
    private struct Memory {
        var stored: StoredOperation
        var keys: Set<String>
    }

    let service = ProgressService()
    private(set) var journal: ProgressJournal
    private var keys: Set<String> = []
    private var memories: [Memory] = []
    /// The number of the newest memory that was acknowledged as durable.
    private var durable = 0
    /// The states that the operation has had, without repeats.
    private(set) var states: [String] = []
    private(set) var crashes = 0

    init(_ first: ProgressSnapshot) throws {
        journal = try service.createJournal(id: first.id)
        remember()
    }

    private mutating func remember() {
        let stored = journal.state.withLock { $0.core.stored(after: nil).change }
        memories.append(Memory(stored: stored, keys: keys))
        for revision in stored.revisions where states.last != revision.snapshot.state {
            if !states.contains(revision.snapshot.state) { states.append(revision.snapshot.state) }
        }
    }

    /// Applies a request once, and returns the response.
    mutating func apply(_ request: DeliveryRequest) throws -> ServerDelivery.Answer {
        if keys.insert(request.key).inserted {
            for line in request.body.split(separator: UInt8(ascii: "\n")) {
                try journal.report(ProgressReportBody.decodeReport(json: line))
                remember()
            }
        }
        remember()
        if request.isDurable { durable = memories.count - 1 }
        return ServerDelivery.Answer(snapshot: journal.snapshot(), isDurable: request.isDurable)
    }

    /// Goes back to what the store had at a random time after the last durable request.
    mutating func crash(using random: inout SeededGenerator) {
        crashes += 1
        let number = Int.random(in: durable..<memories.count, using: &random)
        memories.removeLast(memories.count - 1 - number)
        keys = memories[number].keys
        let times = RestoredTimes(grace: .seconds(60), localGrace: .seconds(60), retention: .seconds(60))
        let core = JournalState(
            restoring: memories[number].stored,
            wasClosed: false,
            capacity: 10_000,
            times: times,
            now: service.dependencies.now()
        )
        journal = ProgressJournal(core, dependencies: service.dependencies)
        remember()
    }
}

/// A sink that only notes changes; the test delivers them.
private final class NotingSink: JournalSink {
    let isChanged = Mutex(false)

    func noteChange(of journal: ProgressJournal) { isChanged.withLock { $0 = true } }
    func commit() async throws {}
}

private struct NoHost: OperationHost {
    func link(of id: ProgressID) -> ProgressLink { ProgressLink(url: "") }
    func handOver(_ options: ProgressOptions) async throws -> any HandedOverOperation { throw CancellationError() }
}

/// A worker that reports at random.
private struct RandomWorker {
    let tracker: ProgressTracker
    var states: [String] = []
    var part: ProgressPart?

    mutating func step(using random: inout SeededGenerator) {
        switch Int.random(in: 0..<10, using: &random) {
        case 0...2:
            states.append("S\(states.count)")
            tracker.update(states[states.count - 1], details: Bool.random(using: &random) ? ["n": 1] : .null)
        case 3: tracker.advance(by: Int64.random(in: 1...5, using: &random))
        case 4: tracker.setCounts(total: Int64.random(in: 1...200, using: &random), unit: "rows")
        case 5: tracker.report(ProgressReport(details: ["n": .integer(Int64.random(in: 0...9, using: &random))]))
        case 6:
            tracker.report(ProgressReport(title: "T\(states.count)", labels: ["a": states.count % 2 == 0 ? "" : "b"]))
        case 7 where part == nil: part = tracker.share(assigning: 7).start(totalCount: 10)
        case 7: part?.advance(by: 3)
        case 8:
            part?.finish()
            part = nil
        default: tracker.setFraction(Double.random(in: 0...1, using: &random))
        }
    }

    mutating func beginAttempt() {
        part = nil
        states.append("S\(states.count)")
        tracker.beginAttempt(states[states.count - 1])
    }
}

@Suite("A delivery over an unreliable connection to a server that crashes")
struct DeliveryModelTests {
    @Test("The server ends with what the worker reported, in order and once", arguments: 0..<300 as Range<UInt64>)
    func randomLife(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let mayCrash = seed % 2 == 1
        let sink = NotingSink()
        let first = snapshot(0, epoch: "local", status: .pending, state: ProgressSnapshot.initialState)
        var server = try UnreliableServer(first)
        var worker = RandomWorker(
            tracker: ProgressTracker(of: first, capacity: 10_000, clock: .system, sink: sink, host: NoHost())
        )
        var delivery = ServerDelivery(first, onServer: server.journal.snapshot())
        var now = Duration.zero
        var steps = 0
        life: while true {
            steps += 1
            try #require(steps < 5000)
            if steps < 100 { worker.step(using: &random) }
            if steps == 50 { worker.beginAttempt() }
            if steps == 100 { worker.tracker.succeed(result: 7) }
            if sink.isChanged.withLock({ $0.exchange(false) }) { delivery.noteChange() }
            if mayCrash, steps < 100, random.next() % 20 == 0 { server.crash(using: &random) }
            switch delivery.next(now: now) {
            case .read: delivery.take(worker.tracker.journal?.takeForServer())
            case .wait(let deadline): now = random.next() % 2 == 0 ? deadline : now + .milliseconds(10)
            case .send(let request):
                let fault = steps < 300 ? random.next() % 4 : 3
                if fault == 0 {
                    delivery.refused(ProgressClientError(.disconnected, "Lost request."), now: now, isOver: false)
                }
                guard fault != 0 else { continue }
                let answer = try server.apply(request)
                if fault == 1 {
                    delivery.refused(ProgressClientError(.timedOut, "Lost response."), now: now, isOver: false)
                } else {
                    delivery.accepted(answer, now: now)
                }
            case .finished: break life
            }
        }
        #expect(delivery.failure == nil)
        try expectSame(server.journal.snapshot(), try #require(worker.tracker.snapshot()))
        if !mayCrash { #expect(server.states == ["Pending"] + worker.states + ["Succeeded"]) }
    }

    private func expectSame(_ server: ProgressSnapshot, _ worker: ProgressSnapshot) throws {
        #expect(server.outcome == worker.outcome)
        #expect(server.attempt == worker.attempt)
        #expect(server.state == worker.state)
        #expect(server.details == worker.details)
        #expect(server.title == worker.title)
        #expect(server.labels == worker.labels)
        #expect(server.counts?.completedCount == worker.counts?.completedCount)
        #expect(server.counts?.totalCount == worker.counts?.totalCount)
        #expect(server.counts?.unit == worker.counts?.unit)
        let fractions = (server.fractionCompleted ?? 0, worker.fractionCompleted ?? 0)
        #expect(abs(fractions.0 - fractions.1) < 1e-9, "\(fractions)")
    }
}

extension ServerDelivery {
    init(_ first: ProgressSnapshot, creation: [UInt8]? = nil, onServer: ProgressSnapshot?, isGuest: Bool = false) {
        let times = Times(
            interval: .milliseconds(100),
            heartbeat: .seconds(20),
            firstRetry: .milliseconds(250),
            longestRetry: .seconds(10),
            random: { 1 }
        )
        let lines = DeliveryLines(epoch: first.cursor.epoch, known: first, isGuest: isGuest)
        self.init(lines: lines, creation: creation, onServer: onServer, times: times, now: .zero)
    }
}

extension Bool {
    fileprivate mutating func exchange(_ new: Bool) -> Bool {
        defer { self = new }
        return self
    }
}
