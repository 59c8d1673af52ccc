// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Testing

@testable import LiveProgressClient

@Suite("A worker asks on a server", .timeLimit(.minutes(5)))
struct RemoteAskTests {
    /// Returns the open question with a message, when the server has it.
    private func question(
        _ message: String,
        of tracker: ProgressTracker,
        _ server: SocketServer
    ) async throws -> ProgressQuestion.Open {
        _ = try await tracker.delivered()
        for try await snapshot in try server.service.stream(tracker.id) {
            if let open = snapshot.waitingFor, open.question.message == message { return open }
        }
        throw CancellationError()
    }

    @Test("The worker receives each answer that the server gets, in three rounds", arguments: [true, false])
    func rounds(isCancellable: Bool) async throws {
        try await SocketServer.with { server in
            let client = try server.client()
            let tracker = try await client.createProgress(options: ProgressOptions(isCancellable: isCancellable))
            for round in 1...3 {
                tracker.update("Round \(round)")
                async let answer = tracker.ask("Question \(round)?", choices: ["yes", "no"], within: .seconds(3600))
                let open = try await question("Question \(round)?", of: tracker, server)
                #expect(open.deadline != nil)
                let after = try await client.answer(tracker.id, round == 2 ? "no" : "yes", number: open.number)
                #expect(after.status == .running)
                #expect(try await answer == (round == 2 ? "no" : "yes"))
            }
            #expect(tracker.succeed())
            #expect(try await tracker.delivered())
            let events = try server.service.getJournal(tracker.id).read(after: 0).events.map(\.snapshot)
            let numbers = Set(events.compactMap { $0.waitingFor?.number })
            #expect(numbers.count == 3, "Each question is asked once.")
            #expect(events.last?.lastAnswer?.answer == "yes")
        }
    }

    @Test("A withdrawal on the server, a request to cancel, and a cancelled task end the wait")
    func ends() async throws {
        try await SocketServer.with { server in
            let client = try server.client()
            for change in ["withdraw", "cancel", "task"] {
                let tracker = try await client.createProgress(options: ProgressOptions(isCancellable: true))
                let asking = Task { try await tracker.ask("Apply?") }
                _ = try await question("Apply?", of: tracker, server)
                switch change {
                case "withdraw": _ = try await client.report(tracker.id, ProgressReport(waitingFor: .withdraw))
                case "cancel": try await client.cancel(tracker.id)
                default: asking.cancel()
                }
                let result = await asking.result
                #expect { try result.get() } throws: { error in
                    change == "withdraw" ? (error as? ProgressError)?.code == .unanswered : error is CancellationError
                }
                #expect(try await tracker.delivered())
                #expect(try server.snapshot(tracker.id).waitingFor == nil)
                tracker.cancel()
            }
        }
    }

    @Test("A question that another client has replaced stays open, and the end of the operation is an error of its own")
    func others() async throws {
        try await SocketServer.with { server in
            let client = try server.client()
            for isEnd in [false, true] {
                let tracker = try await client.createProgress()
                let asking = Task { try await tracker.ask("Apply?") }
                _ = try await question("Apply?", of: tracker, server)
                let other = ProgressReport(waitingFor: .ask(ProgressQuestion("Other?")))
                _ = try await client.report(tracker.id, isEnd ? ProgressReport(outcome: .cancelled) : other)
                let result = await asking.result
                #expect { try result.get() } throws: { ($0 as? ProgressError)?.code == (isEnd ? .gone : .unanswered) }
                guard !isEnd else { continue }
                tracker.update("Going on")
                #expect(try await tracker.delivered())
                #expect(try server.snapshot(tracker.id).waitingFor?.question.message == "Other?")
                tracker.cancel()
            }
        }
    }

    @Test("A refused answer has its own code")
    func refused() async throws {
        try await SocketServer.with { server in
            let client = try server.client()
            let tracker = try await client.createProgress()
            await #expect { try await client.answer(tracker.id, "yes") } throws: {
                ($0 as? ProgressClientError)?.code == .notWaiting
            }
            tracker.report(ProgressReport(waitingFor: .ask(ProgressQuestion("?", choices: ["a", "b"]))))
            let open = try await question("?", of: tracker, server)
            for (text, number, code) in [
                ("c", open.number, ProgressClientError.Code.answerNotAccepted), ("a", 99, .alreadyAnswered),
            ] {
                await #expect { try await client.answer(tracker.id, text, number: number) } throws: {
                    ($0 as? ProgressClientError)?.code == code
                }
            }
            tracker.cancel()
        }
    }
}
