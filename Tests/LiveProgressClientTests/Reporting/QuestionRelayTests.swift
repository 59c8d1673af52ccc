// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import Testing

@testable import LiveProgress
@testable import LiveProgressClient

@Suite("A question whose number on the server differs")
struct QuestionRelayTests {
    private static let date = Date(timeIntervalSinceReferenceDate: 0)

    /// Returns a snapshot of the server.
    private func snapshot(
        _ revision: UInt64,
        generation: UInt32 = 0,
        open: Int? = nil,
        answered: (number: Int, text: String)? = nil
    ) -> ProgressSnapshot {
        ProgressSnapshot(
            id: "a",
            cursor: ProgressCursor(epoch: "s", generation: generation, revision: revision),
            waitingFor: open.map {
                ProgressQuestion.Open(number: $0, question: ProgressQuestion("?"), askedAt: Self.date)
            },
            lastAnswer: answered.map {
                ProgressAnswer(number: $0.number, message: "?", answer: $0.text, answeredAt: Self.date)
            },
            createdAt: Self.date,
            updatedAt: Self.date
        )
    }

    /// Delivers the question 3 of the worker, which the server has as question 9.
    private func delivered() -> QuestionRelay {
        var relay = QuestionRelay()
        let response = snapshot(9, open: 9, answered: (5, "old"))
        relay.delivered(3, response, after: 8)
        relay.note(response)
        return relay
    }

    @Test("The answer has the worker's number; it is returned once, and for each of three questions")
    func answered() {
        var relay = delivered()
        #expect(relay.takeEnd() == nil)
        for round in 0..<3 {
            let number = 9 + 10 * round
            relay.note(snapshot(UInt64(number + 1), answered: (number, "yes")))
            let end = relay.takeEnd()
            #expect(end?.number == 3 + round && end?.answer?.answer == "yes")
            #expect(relay.takeEnd() == nil)
            let next = snapshot(UInt64(number + 10), open: number + 10, answered: (number, "yes"))
            relay.delivered(4 + round, next, after: UInt64(number + 1))
            relay.note(next)
            #expect(relay.takeEnd() == nil)
        }
    }

    @Test("A snapshot from before the question, and an older one after a newer one, end nothing")
    func stale() {
        var relay = delivered()
        relay.note(snapshot(8, answered: (5, "old")))
        #expect(relay.takeEnd() == nil)
    }

    @Test("A question that the server has closed without an answer of its own has no answer")
    func withdrawn() {
        var relay = delivered()
        relay.note(snapshot(10, answered: (5, "old")))
        #expect(relay.takeEnd() == QuestionRelay.End(number: 3))
        relay = delivered()
        relay.note(snapshot(10, open: 10))
        #expect(relay.takeEnd() == QuestionRelay.End(number: 3), "Another question has replaced it.")
    }

    @Test("A repeated request finds its question answered already; an older answer is not taken for it")
    func late() {
        var relay = QuestionRelay()
        relay.delivered(3, snapshot(12, answered: (9, "yes")), after: 8)
        relay.note(snapshot(12, answered: (9, "yes")))
        #expect(relay.takeEnd()?.answer?.answer == "yes")
        relay = QuestionRelay()
        relay.delivered(3, snapshot(12, answered: (5, "old")), after: 8)
        relay.note(snapshot(12, answered: (5, "old")))
        #expect(relay.takeEnd() == QuestionRelay.End(number: 3))
    }

    @Test("An answer that a watch shows before the response of the question is not lost")
    func early() {
        var relay = QuestionRelay()
        relay.note(snapshot(10, answered: (9, "yes")))
        relay.delivered(3, snapshot(9, open: 9), after: 8)
        relay.note(snapshot(9, open: 9))
        #expect(relay.takeEnd()?.answer?.answer == "yes")
    }

    @Test("A restarted server that has kept the question still gets the answer, or has it already")
    func kept() {
        let open = ProgressQuestion.Open(number: 3, question: ProgressQuestion("?"), askedAt: Self.date)
        for round in 0..<3 {
            var relay = delivered()
            for revision in 0..<round {
                let restarted = snapshot(UInt64(9 + revision), open: 9)
                let isReported = relay.restart(from: restarted, open: open)
                #expect(!isReported)
                relay.note(restarted)
                #expect(relay.takeEnd() == nil)
            }
            let last = snapshot(20, answered: (9, "yes"))
            let isReported = relay.restart(from: last, open: open)
            #expect(!isReported)
            relay.note(last)
            #expect(relay.takeEnd()?.answer?.answer == "yes")
        }
    }

    @Test("A worker without an open question withdraws its own after a crash, but not that of another worker")
    func others() {
        var relay = QuestionRelay()
        let isReported = relay.restart(from: snapshot(12, open: 12), open: nil)
        #expect(!isReported)
        relay = delivered()
        let isWithdrawn = relay.restart(from: snapshot(9, open: 9), open: nil)
        #expect(isWithdrawn)
        relay = delivered()
        let isOfAnother = relay.restart(from: snapshot(12, open: 12), open: nil)
        #expect(!isOfAnother)
    }

    @Test("After a crash of the server that has lost the question, it is delivered again")
    func crash() {
        let open = ProgressQuestion.Open(number: 3, question: ProgressQuestion("?"), askedAt: Self.date)
        let other = ProgressQuestion.Open(number: 3, question: ProgressQuestion("Really?"), askedAt: Self.date)
        for (restarted, here) in [
            (snapshot(5), open), (snapshot(7, open: 7), open), (snapshot(9, open: 9), other),
            (snapshot(10, answered: (9, "yes")), other),
        ] {
            var relay = delivered()
            let isReported = relay.restart(from: restarted, open: here)
            #expect(isReported)
            #expect(!relay.needsResponses && relay.takeEnd() == nil)
        }
        var relay = delivered()
        _ = relay.restart(from: snapshot(5), open: open)
        relay.delivered(3, snapshot(7, open: 7), after: 5)
        relay.note(snapshot(8, answered: (7, "yes")))
        #expect(relay.takeEnd()?.answer?.answer == "yes")
    }

    @Test(
        "A watch that shows a restarted server without the question ends nothing: the question is delivered again, three times"
    )
    func watchedCrash() {
        let open = ProgressQuestion.Open(number: 3, question: ProgressQuestion("?"), askedAt: Self.date)
        var relay = delivered()
        for generation: UInt32 in 1...3 {
            let restarted = snapshot(20, generation: generation, answered: (5, "old"))
            relay.note(restarted)
            #expect(relay.isUncertain && relay.takeEnd() == nil)
            let isReported = relay.restart(from: restarted, open: open)
            #expect(isReported && !relay.isUncertain)
            let response = snapshot(21, generation: generation, open: 21)
            relay.delivered(3, response, after: 20)
            relay.note(response)
            #expect(!relay.isUncertain && relay.takeEnd() == nil)
        }
        relay.note(snapshot(22, generation: 4, answered: (21, "yes")))
        #expect(!relay.isUncertain && relay.takeEnd()?.answer?.answer == "yes")
    }

    @Test("A withdrawal that the server had and a crash has lost is reported again")
    func lostWithdrawal() {
        var relay = delivered()
        relay.delivered(nil, snapshot(10), after: 9)
        let isReported = relay.restart(from: snapshot(9, generation: 1, open: 9), open: nil)
        #expect(isReported)
    }

    @Test("A question that was answered, and is open again after a crash, is withdrawn; that of another worker is not")
    func answeredBeforeCrash() {
        for (number, isWithdrawn) in [(9, true), (12, false)] {
            var relay = delivered()
            relay.note(snapshot(10, answered: (9, "yes")))
            #expect(relay.takeEnd()?.answer?.answer == "yes")
            let isReported = relay.restart(from: snapshot(12, generation: 1, open: number), open: nil)
            #expect(isReported == isWithdrawn)
        }
    }
}
