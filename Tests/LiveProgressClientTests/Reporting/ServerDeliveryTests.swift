// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressTesting
import LiveProgressWire
import Synchronization
import Testing

@testable import LiveProgress
@testable import LiveProgressClient

/// A delivery of a journal of its own, whose requests the test answers.
private struct Delivering {
    var delivery: ServerDelivery
    let service = ProgressService()
    let tracker: ProgressTracker
    var now = Duration.zero
    private var revision: UInt64 = 0

    init(isGuest: Bool = false, creation: [UInt8]? = nil) throws {
        tracker = try service.createProgress(id: ProgressID("import-7"))
        let known = snapshot(0, status: .pending, state: ProgressSnapshot.initialState)
        delivery = ServerDelivery(known, creation: creation, onServer: nil, isGuest: isGuest)
    }

    /// Reads the whole journal, and returns the next step.
    mutating func read() throws -> ServerDelivery.Step {
        delivery.noteChange()
        _ = delivery.hurry()
        try #require(delivery.next(now: now) == .read)
        let journal = try #require(tracker.journal)
        delivery.take(journal.state.withLock { $0.core.stored(after: revision).change })
        return delivery.next(now: now)
    }

    mutating func accept(isDurable: Bool = false) {
        delivery.accepted(ServerDelivery.Answer(snapshot: snapshot(1), isDurable: isDurable), now: now)
    }

    mutating func refuse(_ code: ProgressClientError.Code, isOver: Bool = false, applied: Int? = nil) {
        var problem = ProgressProblem(title: "No")
        if let applied { problem.extensions["applied"] = .integer(Int64(applied)) }
        delivery.refused(ProgressClientError(code, "No", problem: problem), now: now, isOver: isOver)
    }
}

extension ServerDelivery.Step {
    fileprivate var request: DeliveryRequest? { if case .send(let request) = self { request } else { nil } }

    fileprivate var text: String { request.map { String(decoding: $0.body, as: UTF8.self) } ?? "" }
}

@Suite("The decisions of a delivery")
struct ServerDeliveryTests {
    @Test("An end that the server refuses is sent again without its large parts, and then stops the delivery")
    func refusedEnd() throws {
        for outcome: ProgressOutcome in [
            .succeeded(result: ["rows": 7]), .succeeded(), .cancelled, .failed(.abandoned),
        ] {
            var delivering = try Delivering()
            delivering.tracker.update("Big", details: ["n": 1])
            delivering.tracker.end(outcome)
            #expect(try delivering.read().request?.lineCount == 2)
            delivering.refuse(.invalidReport)
            #expect(delivering.delivery.next(now: .zero).text.contains("Big"), "The lines follow one by one.")
            delivering.accept()
            #expect(delivering.delivery.next(now: .zero).request?.hasEnd == true)
            delivering.refuse(.invalidReport)
            let bare = delivering.delivery.next(now: .zero)
            #expect(bare.request?.hasEnd == true && !bare.text.contains("details") && !bare.text.contains("state"))
            #expect(delivering.delivery.refusal != nil, "A caller learns of the refusal.")
            delivering.refuse(.invalidReport)
            #expect(delivering.delivery.next(now: .zero) == .finished)
            #expect(delivering.delivery.failure?.code == .invalidReport)
        }
    }

    @Test("Lines after a refused one stay, and the next change reports what the server lacks")
    func refusedLine() throws {
        var delivering = try Delivering()
        for state in ["A", "B", "C"] { delivering.tracker.update(state) }
        #expect(try delivering.read().request?.lineCount == 3)
        delivering.refuse(.invalidReport, applied: 1)
        #expect(delivering.delivery.next(now: .zero).text == #"{"state":"C"}"#)
        delivering.accept()
        #expect(delivering.delivery.arrivedReading == 2)
    }

    @Test("A guest's delivery ends with the guest, and says nothing of the end")
    func guest() throws {
        var delivering = try Delivering(isGuest: true)
        delivering.tracker.update("A")
        delivering.tracker.succeed(result: 7)
        #expect(try delivering.read().text == #"{"state":"A"}"#)
        delivering.accept()
        #expect(delivering.delivery.next(now: .zero) == .finished)
    }

    @Test("After the worker's end a request is tried forty times; before, without a limit")
    func tries() throws {
        var delivering = try Delivering()
        delivering.tracker.update("A")
        _ = try delivering.read()
        for _ in 0..<100 { delivering.refuse(.unreachable) }
        #expect(delivering.delivery.failure == nil)
        for _ in 0..<39 { delivering.refuse(.unreachable, isOver: true) }
        #expect(delivering.delivery.failure == nil)
        delivering.refuse(.unreachable, isOver: true)
        #expect(delivering.delivery.failure?.code == .unreachable)
    }

    @Test("A caller that waits shortens a delay, but not one that the server has asked for")
    func delays() throws {
        var delivering = try Delivering()
        delivering.tracker.update("A")
        _ = try delivering.read()
        delivering.refuse(.unreachable)
        #expect(delivering.delivery.next(now: .zero) == .wait(until: .milliseconds(250)))
        _ = delivering.delivery.hurry()
        #expect(delivering.delivery.next(now: .zero).request != nil)
        let error = ProgressClientError(.unavailable, "Later", retryAfter: .seconds(5))
        delivering.delivery.refused(error, now: .zero, isOver: false)
        _ = delivering.delivery.hurry()
        #expect(delivering.delivery.next(now: .zero) == .wait(until: .seconds(5)))
    }

    @Test("Nothing is read while lines wait, and a lease is renewed even if the interval is longer")
    func bounded() throws {
        var delivering = try Delivering()
        delivering.tracker.update("A")
        _ = try delivering.read()
        delivering.delivery.noteChange()
        #expect(delivering.delivery.next(now: .seconds(60)).request?.kind == .reports)
        delivering.accept()
        #expect(delivering.delivery.next(now: .milliseconds(50)) == .wait(until: .milliseconds(100)))
        #expect(delivering.delivery.next(now: .milliseconds(100)) == .read)
    }

    @Test("A request for durability is answered once: by the store, or by the reason why not")
    func durability() throws {
        var delivering = try Delivering()
        delivering.tracker.update("A")
        delivering.delivery.noteChange()
        for (round, isDurable) in [false, true, false].enumerated() {
            if round == 2 {
                delivering.tracker.update("B")
                delivering.delivery.noteChange()
            }
            let reading = delivering.delivery.hurryDurably()
            if round != 1 { _ = try delivering.read() }
            #expect(delivering.delivery.next(now: .zero).request?.isDurable == true)
            delivering.accept(isDurable: isDurable)
            #expect((delivering.delivery.durableReading >= reading) == isDurable)
            #expect((delivering.delivery.durabilityRefusal != nil) != isDurable)
            #expect(delivering.delivery.next(now: .zero) == .wait(until: .seconds(20)), "It is asked for once.")
        }
    }

    @Test(
        "After each of three crashes of the server, the worker reports what it has changed itself, and nothing of others"
    )
    func crashes() throws {
        var delivering = try Delivering()
        delivering.tracker.report(ProgressReport(state: "A", labels: ["mine": "1"]))
        _ = try delivering.read()
        delivering.accept()
        for generation in 1...3 {
            delivering.delivery.noteChange()
            delivering.tracker.update("A\(generation)")
            _ = try delivering.read()
            let restarted = restarted(generation, open: (5, "Of another worker?"))
            delivering.delivery.accepted(ServerDelivery.Answer(snapshot: restarted), now: .zero)
            let again = delivering.delivery.next(now: .seconds(1)).text
            #expect(again == #"{"state":"A\#(generation)","labels":{"mine":"1"}}"#, "crash \(generation)")
            delivering.delivery.accepted(ServerDelivery.Answer(snapshot: restarted), now: .zero)
        }
    }

    @Test("A question that was answered, and that a crash has opened again, is withdrawn", arguments: [true, false])
    func answeredBeforeCrash(isRead: Bool) throws {
        var delivering = try Delivering()
        delivering.tracker.report(ProgressReport(waitingFor: .ask(ProgressQuestion("Go?"))))
        let number = try #require(delivering.tracker.snapshot()?.waitingFor?.number)
        _ = try delivering.read()
        let open = restarted(0, open: (number, "Go?"))
        delivering.delivery.accepted(ServerDelivery.Answer(snapshot: open), now: .zero)
        delivering.delivery.relay.note(restarted(0, revision: 50, answered: (number, "Go?")))
        let taken = delivering.delivery.takeQuestionEnd()
        let end = try #require(taken)
        #expect(end.number == number && end.answer?.answer == "yes")
        delivering.tracker.journal?.closeQuestion(number, with: end.answer)
        delivering.tracker.update("On")
        if isRead {
            _ = try delivering.read()
        } else {
            _ = delivering.delivery.next(now: .seconds(60))
        }
        delivering.delivery.accepted(
            ServerDelivery.Answer(snapshot: restarted(1, open: (number, "Go?"))),
            now: .seconds(60)
        )
        #expect(delivering.delivery.next(now: .seconds(61)).text.contains(#""waitingFor":null"#))
    }

    private func restarted(
        _ generation: Int,
        revision: UInt64 = 0,
        open: (number: Int, text: String)? = nil,
        answered: (number: Int, text: String)? = nil
    ) -> ProgressSnapshot {
        let first = snapshot(0)
        return ProgressSnapshot(
            id: first.id,
            cursor: ProgressCursor(epoch: "k3f9", generation: UInt32(generation), revision: revision),
            status: open == nil ? .running : .waiting,
            title: "Of another worker",
            labels: ["theirs": "2"],
            waitingFor: open.map {
                ProgressQuestion.Open(
                    number: $0.number,
                    question: ProgressQuestion($0.text),
                    askedAt: first.createdAt
                )
            },
            lastAnswer: answered.map {
                ProgressAnswer(number: $0.number, message: $0.text, answer: "yes", answeredAt: first.createdAt)
            },
            createdAt: first.createdAt,
            updatedAt: first.updatedAt
        )
    }
}
