// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressTesting
import Testing

@Suite("One worker for each attempt")
struct WorkerTests {
    private let environment = TestService()

    @Test("A worker that was taken for lost is kept out, in every attempt, and nothing changes")
    func fencing() throws {
        let journal = try environment.service.createJournal(id: id("op"))
        try journal.report(ProgressReport(state: "1", worker: "w1"))
        for attempt in 2...4 {
            try journal.report(ProgressReport(state: "\(attempt)", attempt: attempt, worker: "w\(attempt)"))
            let before = journal.snapshot()
            for late in ["w1", "w\(attempt - 1)"] {
                for report in [
                    ProgressReport(state: "late", worker: late),
                    ProgressReport(advance: 1, worker: late),
                    ProgressReport(attempt: attempt, worker: late),
                    ProgressReport(worker: late),
                    ProgressReport(worker: late, outcome: .succeeded()),
                ] {
                    let error = #expect(throws: ProgressError.self) { try journal.report(report) }
                    #expect(error?.code == .staleAttempt)
                }
            }
            #expect(journal.snapshot() == before)
            try journal.report(ProgressReport(advance: 1, worker: "w\(attempt)"))
        }
    }

    @Test("Two workers that begin the same attempt: the first one has it")
    func race() throws {
        let journal = try environment.service.createJournal(id: id("op"))
        try journal.report(ProgressReport(attempt: 2, worker: "a"))
        #expect(throws: ProgressError.self) { try journal.report(ProgressReport(attempt: 2, worker: "b")) }
        try journal.report(ProgressReport(attempt: 3, worker: "b"))
        #expect(throws: ProgressError.self) { try journal.report(ProgressReport(state: "x", attempt: 2, worker: "a")) }
    }

    @Test("A worker that names itself late has the attempt; reports without a name are accepted")
    func naming() throws {
        let journal = try environment.service.createJournal(id: id("op"))
        try journal.report(ProgressReport(state: "unnamed"))
        try journal.report(ProgressReport(worker: "a"))
        try journal.report(ProgressReport(state: "unnamed"))
        #expect(throws: ProgressError.self) { try journal.report(ProgressReport(worker: "b")) }
    }

    @Test("A name that is empty or too long is refused", arguments: ["", String(repeating: "x", count: 129)])
    func length(name: String) throws {
        let journal = try environment.service.createJournal(id: id("op"))
        let error = #expect(throws: ProgressError.self) { try journal.report(ProgressReport(worker: name)) }
        #expect(error?.code == .invalidReport)
    }

    @Test("A report changes the lease, for as long as no other report does")
    func lease() throws {
        let journal = try environment.service.createJournal(id: id("op"), options: ProgressOptions(lease: .seconds(10)))
        for seconds in [100, 5, 30] {
            try journal.report(ProgressReport(lease: .seconds(seconds)))
            #expect(journal.lease == .seconds(seconds))
            for _ in 1...3 {
                environment.time.advance(by: .seconds(seconds) - .milliseconds(1))
                #expect(try environment.service.getJournal(id("op")).snapshot().status == .running)
                try journal.report(ProgressReport())
            }
            environment.time.advance(by: .seconds(seconds))
            #expect(try environment.service.getJournal(id("op")).snapshot().status == .stalled)
        }
    }

    @Test(
        "A lease that is not positive, or too long, is refused",
        arguments: [Duration.zero, .seconds(-1), .seconds(31_536_001)]
    )
    func invalidLease(lease: Duration) throws {
        let journal = try environment.service.createJournal(id: id("op"))
        #expect(throws: ProgressError.self) { try journal.report(ProgressReport(lease: lease)) }
    }
}
