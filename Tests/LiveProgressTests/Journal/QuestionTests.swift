// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import LiveProgressTesting
import Testing

@testable import LiveProgress

private let invalidQuestions = [
    ProgressQuestion(""), ProgressQuestion(String(repeating: "x", count: 4097)),
    ProgressQuestion("?", choices: [""]), ProgressQuestion("?", choices: ["a", "b", "a"]),
    ProgressQuestion("?", choices: [String(repeating: "x", count: 257)]),
    ProgressQuestion("?", choices: (1...17).map(String.init)), ProgressQuestion("?", within: .zero),
    ProgressQuestion("?", within: .seconds(31_536_001)), ProgressQuestion("?", default: "yes"),
    ProgressQuestion("?", choices: ["a"], default: "b", within: .seconds(1)),
    ProgressQuestion("?", default: "", within: .seconds(1)),
]

@Suite("Questions of workers, and answers")
struct QuestionTests {
    private let environment = TestService { configuration in
        configuration.lease = .seconds(60)
        configuration.leaseGrace = .seconds(3600)
    }

    private func operation() throws -> ProgressJournal {
        try environment.service.createJournal(id: id("op"), options: .init(isCancellable: true))
    }

    /// Returns the operation as a client gets it, after the service has applied the elapsed time.
    private func now() throws -> ProgressSnapshot { try environment.service.getJournal(id("op")).snapshot() }

    private func ask(
        _ journal: ProgressJournal,
        _ message: String = "Apply?",
        default answer: String? = nil,
        within limit: Duration? = nil
    ) throws -> ProgressQuestion.Open {
        let question = ProgressQuestion(message, choices: ["yes", "no"], default: answer, within: limit)
        return try #require(try journal.report(ProgressReport(waitingFor: .ask(question))).waitingFor)
    }

    @Test("A question and its answer are revisions; a later watcher sees what was asked, answered, and by whom")
    func answered() throws {
        let journal = try operation()
        for round in 1...3 {
            let open = try ask(journal, "Apply \(round)?")
            #expect(open.number == Int(journal.snapshot().revision))
            #expect(journal.snapshot().status == .waiting)
            let after = try journal.answer("yes", to: open.number, by: "anna")
            #expect(after.status == .running && after.waitingFor == nil)
            #expect(after.lastAnswer?.message == "Apply \(round)?")
            #expect(after.lastAnswer?.answer == "yes" && after.lastAnswer?.answeredBy == "anna")
            #expect(after.lastAnswer?.isExpired == false && after.lastAnswer?.number == open.number)
            #expect(after.revision == UInt64(open.number + 1))
        }
    }

    @Test("A second answer is refused, and says what was answered")
    func second() throws {
        let journal = try operation()
        let open = try ask(journal)
        try journal.answer("no", by: "anna")
        #expect { try journal.answer("yes", to: open.number) } throws: { error in
            let error = error as? ProgressError
            return error?.code == .notWaiting && error?.message.contains("answered by anna: no") == true
        }
        let next = try ask(journal)
        #expect { try journal.answer("yes", to: open.number) } throws: {
            ($0 as? ProgressError)?.code == .alreadyAnswered
        }
        #expect(journal.snapshot().waitingFor == next)
    }

    @Test(
        "A question that is answered where the work runs is refused for watchers, and stays open until it is withdrawn"
    )
    func elsewhere() throws {
        let journal = try operation()
        for _ in 0..<3 {
            let question = ProgressQuestion("Run x?", kind: .permission, isAnswerable: false)
            let open = try #require(try journal.report(ProgressReport(waitingFor: .ask(question))).waitingFor)
            #expect { try journal.answer("yes", to: open.number) } throws: {
                ($0 as? ProgressError)?.code == .notWaiting
            }
            #expect(journal.snapshot().waitingFor == open && journal.snapshot().status == .waiting)
            #expect(try journal.report(ProgressReport(waitingFor: .withdraw)).status == .running)
        }
    }

    @Test("An answer that is no choice is refused; without choices, every text of 1 to 4096 bytes is an answer")
    func invalid() throws {
        let journal = try operation()
        _ = try ask(journal)
        for answer in ["", "YES", "maybe"] {
            #expect { try journal.answer(answer) } throws: { ($0 as? ProgressError)?.code == .answerNotAccepted }
        }
        try journal.report(ProgressReport(waitingFor: .ask(ProgressQuestion("Name?", kind: .input))))
        for answer in ["", String(repeating: "x", count: 4097)] {
            #expect { try journal.answer(answer) } throws: { ($0 as? ProgressError)?.code == .answerNotAccepted }
        }
        let text = String(repeating: "é", count: 2048)
        #expect(try journal.answer(text).lastAnswer?.answer == text)
    }

    @Test(
        "At its deadline a question is closed: with its default answer, or without an answer",
        arguments: ["no", nil]
    )
    func expired(answer: String?) throws {
        let journal = try operation()
        let open = try ask(journal, default: answer, within: .seconds(30))
        let limit = try #require(open.deadline).timeIntervalSince(open.askedAt)
        #expect((29.999...30.001).contains(limit))
        environment.time.advance(by: .seconds(29))
        #expect(try now().status == .waiting)
        environment.time.advance(by: .seconds(1))
        let after = try now()
        #expect(after.status == .running)
        #expect(after.lastAnswer?.answer == answer)
        #expect(after.lastAnswer?.isExpired == true && after.lastAnswer?.answeredBy == nil)
    }

    @Test("Reports leave a question open; a withdrawal, a new attempt, a request to cancel and the end close it")
    func closed() throws {
        let changes: [(ProgressReport, ProgressStatus)] = [
            (ProgressReport(waitingFor: .withdraw), .running), (ProgressReport(attempt: 2), .running),
            (ProgressReport(outcome: .succeeded()), .succeeded),
        ]
        for (report, status) in changes {
            let environment = TestService()
            let journal = try environment.service.createJournal(id: id("op"))
            _ = try ask(journal)
            try journal.report(ProgressReport(state: "Beside", completedCount: 3))
            #expect(journal.snapshot().status == .waiting)
            let after = try journal.report(report)
            #expect(after.status == status && after.waitingFor == nil && after.lastAnswer == nil)
        }
        let journal = try operation()
        _ = try ask(journal)
        let cancelling = try journal.requestCancel()
        #expect(cancelling.status == .cancelling && cancelling.waitingFor == nil)
        #expect(try journal.report(ProgressReport(waitingFor: .ask(ProgressQuestion("Sure?")))).waitingFor == nil)
    }

    @Test("A silent worker's question can be answered; its next report shows that it is alive")
    func stalled() throws {
        let journal = try operation()
        _ = try ask(journal)
        environment.time.advance(by: .seconds(60))
        #expect(try now().status == .stalled && now().waitingFor != nil)
        try journal.report(ProgressReport())
        #expect(journal.snapshot().status == .waiting)
        environment.time.advance(by: .seconds(60))
        #expect(try now().status == .stalled)
        #expect(try journal.answer("yes").status == .stalled)
        try journal.report(ProgressReport())
        #expect(journal.snapshot().status == .running)
    }

    @Test("A withdrawal without a question changes nothing")
    func vain() throws {
        let journal = try operation()
        let before = try journal.report(ProgressReport(state: "Working"))
        #expect(try journal.report(ProgressReport(waitingFor: .withdraw)).revision == before.revision)
    }

    @Test("The time of a question does not count for the rate, and there is no remaining time meanwhile")
    func rate() throws {
        let journal = try operation()
        journal.tickCounts(0, of: 100)
        for count in 1...20 {
            environment.time.advance(by: .seconds(1))
            journal.tickCounts(Int64(count), of: 100)
            _ = journal.snapshot()
        }
        let before = try #require(journal.snapshot().counts)
        _ = try ask(journal)
        for _ in 0..<30 {
            environment.time.advance(by: .seconds(20))
            let counts = try #require(try journal.report(ProgressReport(details: ["waiting": true])).counts)
            #expect(counts.throughput == nil && counts.estimatedTimeRemaining == nil)
            #expect(counts.fractionCompleted == 0.2)
        }
        let after = try #require(try journal.answer("yes").counts)
        #expect(after.throughput == before.throughput)
        #expect(after.estimatedTimeRemaining == before.estimatedTimeRemaining)
    }

    @Test("Work that goes on beside a question counts with its time")
    func rateBeside() throws {
        let journal = try operation()
        journal.tickCounts(0, of: 1000)
        _ = try ask(journal)
        for count in 1...60 {
            environment.time.advance(by: .seconds(1))
            journal.tickCounts(Int64(count), of: 1000)
            _ = journal.snapshot()
        }
        let rate = try #require(try journal.answer("yes").counts?.throughput)
        #expect((0.9...1.1).contains(rate))
    }

    @Test("Questions outside the rules are refused, and change nothing", arguments: invalidQuestions)
    func refused(question: ProgressQuestion) throws {
        let journal = try operation()
        #expect { try journal.report(ProgressReport(waitingFor: .ask(question))) } throws: {
            ($0 as? ProgressError)?.code == .invalidReport
        }
        #expect(journal.snapshot().revision == 0)
    }
}

extension ProgressJournal {
    fileprivate func tickCounts(_ completed: Int64, of total: Int64) {
        _ = tick { $0.set(completed: completed, total: .count(total), unit: nil) }
    }
}
