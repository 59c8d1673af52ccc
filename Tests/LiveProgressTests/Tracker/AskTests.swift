// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressTesting
import Testing

@testable import LiveProgress

@Suite("A worker asks, and waits for the answer", .timeLimit(.minutes(1)))
struct AskTests {
    private let environment = TestService()
    private var service: ProgressService { environment.service }

    /// Returns when the operation has an open question; returns the question.
    private func question(of tracker: ProgressTracker, _ message: String? = nil) async throws -> ProgressQuestion.Open {
        for try await snapshot in try service.stream(tracker.id) {
            if let open = snapshot.waitingFor, message == nil || open.question.message == message { return open }
        }
        throw CancellationError()
    }

    @Test("The worker receives each answer, in three rounds")
    func rounds() async throws {
        let tracker = try service.createProgress(id: id("op"))
        for round in 1...3 {
            async let answer = tracker.ask("Round \(round)?", choices: ["yes", "no"])
            let open = try await question(of: tracker, "Round \(round)?")
            try service.answer(tracker.id, round == 2 ? "no" : "yes", number: open.number, by: "anna")
            #expect(try await answer == (round == 2 ? "no" : "yes"))
            #expect(tracker.snapshot()?.status == .running)
        }
    }

    @Test(
        "At the deadline the worker receives the default answer, or learns that nobody answered",
        arguments: ["no", nil]
    )
    func deadline(answer: String?) async throws {
        let tracker = try service.createProgress(id: id("op"))
        let asking = Task {
            try await tracker.ask("Apply?", choices: ["yes", "no"], default: answer, within: .seconds(5))
        }
        _ = try await question(of: tracker)
        environment.time.advance(by: .seconds(5))
        let result = await asking.result
        if let answer { return #expect(try result.get() == answer) }
        #expect { try result.get() } throws: { ($0 as? ProgressError)?.code == .unanswered }
    }

    @Test("A request to cancel, the end, a deletion and another question end the wait with an error")
    func ends() async throws {
        let changes: [(@Sendable (ProgressJournal) throws -> Void, ProgressError.Code?)] = [
            ({ try $0.requestCancel() }, nil), ({ try $0.report(ProgressReport(outcome: .cancelled)) }, .ended),
            ({ $0.remove(.deleted) }, .gone), ({ try $0.report(ProgressReport(waitingFor: .withdraw)) }, .unanswered),
            ({ try $0.report(ProgressReport(waitingFor: .ask(ProgressQuestion("Other?")))) }, .unanswered),
        ]
        for (change, code) in changes {
            let service = TestService().service
            let tracker = try service.createProgress(id: id("op"), options: .init(isCancellable: true))
            let journal = try service.getJournal(tracker.id)
            let asking = Task { try await tracker.ask("Apply?") }
            for try await snapshot in try service.stream(tracker.id) where snapshot.waitingFor != nil { break }
            try change(journal)
            let result = await asking.result
            #expect { try result.get() } throws: { error in
                (error as? ProgressError)?.code == code && (code != nil || error is CancellationError)
            }
        }
    }

    @Test("A cancelled task withdraws its question")
    func cancelledTask() async throws {
        let tracker = try service.createProgress(id: id("op"))
        let asking = Task { try await tracker.ask("Apply?") }
        _ = try await question(of: tracker)
        asking.cancel()
        await #expect(throws: CancellationError.self) { try await asking.value }
        #expect(tracker.snapshot()?.waitingFor == nil && tracker.snapshot()?.status == .running)
    }

    @Test("Tasks that ask at once ask one after the other, and each receives its own answer")
    func turns() async throws {
        let tracker = try service.createProgress(id: id("op"))
        let answers = try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for number in 0..<5 { group.addTask { (number, try await tracker.ask("Question \(number)")) } }
            for _ in 0..<5 {
                let open = try await question(of: tracker)
                try service.answer(tracker.id, "to \(open.question.message)", number: open.number)
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        #expect(answers == Dictionary(uniqueKeysWithValues: (0..<5).map { ($0, "to Question \($0)") }))
    }

    @Test("The no-op tracker returns the default answer at once, or throws `unanswered` without one")
    func noop() async throws {
        let tracker = ProgressTracker.noop
        #expect(try await tracker.ask("Apply?", default: "no", within: .seconds(3600)) == "no")
        await #expect { try await tracker.ask("Apply?") } throws: { ($0 as? ProgressError)?.code == .unanswered }
    }

    @Test("After a restart the question is still open; its deadline is that of the calendar")
    func restart() async throws {
        let first = try await StoredService()
        let journal = try first.service.createJournal(id: "job")
        let asked = ProgressQuestion("Apply?", choices: ["yes", "no"], default: "no", within: .seconds(100))
        let open = try journal.report(ProgressReport(waitingFor: .ask(asked))).waitingFor
        let second = try await first.crashed(date: 40)
        let restored = try second.snapshot("job")
        #expect(restored.status == .stalled && restored.waitingFor == open)
        try second.service.getJournal("job").report(ProgressReport())
        #expect(try second.snapshot("job").status == .waiting)
        second.time.advance(by: .seconds(59))
        #expect(try second.snapshot("job").waitingFor == open)
        second.time.advance(by: .seconds(1))
        #expect(try second.snapshot("job").lastAnswer?.answer == "no")
    }
}
