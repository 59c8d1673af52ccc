// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgressTesting
import Testing

@testable import LiveProgress
@testable import LiveProgressCluster
@testable import LiveProgressHTTP

@Suite("Nodes that end")
struct TakeoverTests {
    private let nodes = Nodes()

    private func created(_ count: Int, on node: Node) async throws {
        for number in 0..<count {
            #expect(try await node.send(.post, "", #"{"id":"op-\#(number)","state":"A"}"#).status == 201)
        }
    }

    @Test("The others take over the operations of a node that leaves")
    func leaving() async throws {
        let (a, b, c) = (try await nodes.start("a"), try await nodes.start("b"), try await nodes.start("c"))
        await nodes.meet(a, b, c)
        try await created(20, on: a)
        await a.cluster.leave()
        await nodes.pass { b.cluster.service.operationCount + c.cluster.service.operationCount == 20 }
        #expect(b.cluster.service.operationCount > 0 && c.cluster.service.operationCount > 0)
        for number in 0..<20 {
            let report = try await nodes.repeating { try await b.send(.patch, "/op-\(number)", #"{"state":"B"}"#) }
            #expect(report.status == 200 && report.json["status"]?.stringValue == "running")
        }
    }

    @Test("The others take over the operations of a node that is silent")
    func silence() async throws {
        let (a, b, c) = (try await nodes.start("a"), try await nodes.start("b"), try await nodes.start("c"))
        await nodes.meet(a, b, c)
        try await created(10, on: a)
        a.crash()
        await nodes.pass { b.cluster.service.operationCount + c.cluster.service.operationCount == 10 }
        #expect(b.events.all.contains(.gone(a.cluster.name)))
        // Its worker has the whole second limit to report again.
        #expect(try await c.send(.get, "/op-0").json["status"]?.stringValue == "stalled")
    }

    @Test("A report for a node that has crashed is applied soon by the node that received it")
    func soon() async throws {
        let (a, b) = (try await nodes.start("a"), try await nodes.start("b"))
        await nodes.meet(a, b)
        try await created(1, on: a)
        #expect(try await b.send(.patch, "/op-0", #"{"completedCount":3,"totalCount":9}"#).status == 200)
        try await a.cluster.service.committed("op-0")
        a.crash()
        for round in 4...6 {
            let report = try await nodes.repeating { try await b.send(.patch, "/op-0", #"{"advance":1}"#) }
            #expect(report.status == 200)
            #expect(report.json["progress"]?["completedCount"]?.intValue == Int64(round))
        }
        #expect(b.events.all.contains(.tookOver("op-0", from: a.cluster.name)))
    }

    @Test("A watcher keeps its place when another node takes over, and sees the end")
    func watching() async throws {
        let (a, b, c) = (try await nodes.start("a"), try await nodes.start("b"), try await nodes.start("c"))
        await nodes.meet(a, b, c)
        try await created(1, on: a)
        let copy = try #require(try await c.copy(of: "op-0"))
        var events = copy.events().makeAsyncIterator()
        var last = try #require(try await events.next(isolation: nil)?.snapshot)
        a.crash()
        let end = try await nodes.repeating { try await b.send(.patch, "/op-0", #"{"status":"succeeded","result":7}"#) }
        #expect(end.status == 200)
        while last.outcome == nil {
            let event = try #require(try await events.next(isolation: nil))
            #expect(event.snapshot.revision > last.revision && event.skipped == 0)
            #expect(event.snapshot.cursor.generation == 1)
            last = event.snapshot
        }
        #expect(last.outcome == .succeeded(result: 7))
        // The cursor from before the crash is good on the new node.
        let response = try await b.send(.get, "/op-0", "", [.ifNoneMatch: "\"\(last.cursor)\""])
        #expect(response.status == 304)
    }

    @Test("A node that was cut off gives up what the others have taken over")
    func fenced() async throws {
        let (a, b) = (try await nodes.start("a"), try await nodes.start("b"))
        await nodes.meet(a, b)
        try await created(1, on: a)
        let own = try #require(a.cluster.service.ownJournal("op-0"))
        var events = own.events().makeAsyncIterator()
        _ = try await events.next(isolation: nil)
        nodes.memory.cutOff(a.cluster.name)
        await nodes.pass { b.cluster.service.operationCount == 1 }
        // The node does not know yet that it has lost the operation, and acknowledges nothing as durable.
        let durable = try await a.send(.patch, "/op-0", #"{"state":"Lost"}"#, [.prefer: "durable"])
        #expect(durable.status == 503)
        nodes.memory.heal(a.cluster.name)
        await nodes.pass { a.cluster.service.operationCount == 0 }
        #expect(a.events.all.contains(.gaveUp("op-0", to: b.cluster.name)))
        await #expect(throws: ProgressError.self) { while try await events.next(isolation: nil) != nil {} }
        let kept = try await nodes.repeating { try await a.send(.patch, "/op-0", #"{"state":"Kept"}"#) }
        #expect(kept.status == 200)
        try await b.cluster.service.committed("op-0")
        #expect(try await a.send(.get, "/op-0").json["state"]?.stringValue == "Kept")
    }

    @Test("A watcher that comes from the node that has taken over does not go back to the node that was cut off")
    func laterGeneration() async throws {
        let (a, b) = (try await nodes.start("a"), try await nodes.start("b"))
        await nodes.meet(a, b)
        try await created(1, on: a)
        try await a.cluster.service.committed()
        nodes.memory.cutOff(a.cluster.name)
        await nodes.pass { b.cluster.service.operationCount == 1 }
        let later = try await nodes.repeating {
            try await b.send(.patch, "/op-0", #"{"state":"B"}"#, [.prefer: "durable"])
        }
        let tag: HTTPFields = [.ifNoneMatch: try #require(later.fields[.eTag])]
        #expect(try await a.send(.get, "/op-0").status == 200)
        #expect(try await a.send(.get, "/op-0", "", tag).status == 503)
        nodes.memory.heal(a.cluster.name)
        #expect(try await nodes.repeating { try await a.send(.get, "/op-0", "", tag) }.status == 304)
    }

    @Test("A node that is cut off decides on no lease and no question, because the others do")
    func deadlinesWhileCutOff() async throws {
        let a = try await nodes.start("a") { $0.service.leaseGrace = .seconds(20) }
        let b = try await nodes.start("b") { $0.service.leaseGrace = .seconds(20) }
        await nodes.meet(a, b)
        let question = #""waitingFor":{"message":"Go on?","choices":["yes","no"],"timeout":30,"default":"no"}"#
        #expect(try await a.send(.post, "", #"{"id":"op","lease":20}"#).status == 201)
        #expect(try await a.send(.post, "", #"{"id":"asked","lease":100000,\#(question)}"#).status == 201)
        try await a.cluster.service.committed()
        let own = try ["op", "asked"].map { try #require(a.cluster.service.ownJournal($0)) }
        nodes.memory.cutOff(a.cluster.name)
        await nodes.pass { b.cluster.service.operationCount == 2 }
        let answer = try await nodes.repeating { try await b.send(.post, "/asked/answer", #"{"answer":"yes"}"#) }
        #expect(answer.status == 200)
        for _ in 0..<10 {
            #expect(try await nodes.repeating { try await b.send(.patch, "/op", #"{"advance":1}"#) }.status == 200)
            nodes.clock.advance(by: .seconds(8))
            for _ in 0..<100 { await Task.yield() }
        }
        #expect(own[0].snapshot().status == .pending && own[1].snapshot().lastAnswer == nil)
        nodes.memory.heal(a.cluster.name)
        await nodes.pass { a.cluster.service.operationCount == 0 }
        #expect(own[0].snapshot().outcome == nil && own[1].snapshot().lastAnswer == nil)
        #expect(try await a.send(.get, "/asked").json["lastAnswer"]?["answer"]?.stringValue == "yes")
    }

    @Test("The answer of a person is refused if a node that takes over would not know it", arguments: 1...3)
    func answers(round: Int) async throws {
        let (a, b) = (try await nodes.start("a"), try await nodes.start("b"))
        await nodes.meet(a, b)
        #expect(try await a.send(.post, "", #"{"id":"x","lease":100000}"#).status == 201)
        let question = #"{"waitingFor":{"message":"Go on?","choices":["yes","no"]}}"#
        let asked = try await a.send(.patch, "/x", question, [.prefer: "durable"])
        #expect(asked.status == 200)
        nodes.memory.cutOff(a.cluster.name)
        // The node does not know yet that it is cut off.
        let answer = #"{"answer":"yes"}"#
        #expect(try await nodes.passing { try await a.send(.post, "/x/answer", answer) }.status == 503)
        await nodes.pass { b.cluster.service.operationCount == 1 }
        nodes.memory.heal(a.cluster.name)
        await nodes.pass { a.cluster.service.operationCount == 0 }
        #expect(try await nodes.repeating { try await a.send(.post, "/x/answer", answer) }.status == 200)
        #expect(try await b.send(.get, "/x").json["lastAnswer"]?["answer"]?.stringValue == "yes")
    }

    @Test("An operation whose worker is in the process of a silent node stays there until the node is gone")
    func workerInProcess() async throws {
        let (a, b) = (try await nodes.start("a"), try await nodes.start("b"))
        await nodes.meet(a, b)
        let tracker = try a.cluster.service.createProgress(id: "local", options: .init(isCancellable: true))
        try await tracker.committed()
        try await created(1, on: a)
        nodes.memory.cutOff(a.cluster.name)
        await nodes.pass { b.cluster.service.operationCount == 1 }
        #expect(b.cluster.service.ownJournal("local") == nil)
        #expect(try await nodes.passing { try await b.send(.post, "/local/cancel") }.status == 503)
        tracker.update("Still at work")
        nodes.memory.heal(a.cluster.name)
        await nodes.meet(a, b)
        try await nodes.passing { try await tracker.committed() }
        #expect(try await b.send(.get, "/local").json["state"]?.stringValue == "Still at work")
        a.crash()
        await nodes.pass { b.cluster.service.operationCount == 2 }
    }

    @Test("A node that has just joined takes nothing over from a node that it has not heard yet")
    func newcomer() async throws {
        let a = try await nodes.start("a")
        try await created(3, on: a)
        let b = try await nodes.start("b")
        for number in 0..<3 {
            let report = try await nodes.repeating { try await b.send(.patch, "/op-\(number)", #"{"state":"B"}"#) }
            #expect(report.status == 200)
        }
        #expect(a.cluster.service.operationCount == 3 && b.cluster.service.operationCount == 0)
    }

    @Test("A node that cannot read what others have taken over tries again")
    func verifying() async throws {
        let (a, b) = (try await nodes.start("a"), try await nodes.start("b"))
        await nodes.meet(a, b)
        try await created(5, on: a)
        nodes.memory.cutOff(a.cluster.name)
        await nodes.pass { b.cluster.service.operationCount == 5 }
        nodes.memory.failReads(3)
        nodes.memory.heal(a.cluster.name)
        await nodes.pass { a.cluster.service.operationCount == 0 }
    }

    @Test("A key is remembered when another node takes over")
    func keys() async throws {
        let (a, b) = (try await nodes.start("a"), try await nodes.start("b"))
        await nodes.meet(a, b)
        let first = try await a.send(.post, "", #"{"title":"Import"}"#, [.idempotencyKey: "create"])
        let path = "/\(first.json["id"]?.stringValue ?? "")"
        #expect(try await b.send(.patch, path, #"{"advance":5}"#, [.idempotencyKey: "report"]).status == 200)
        try await a.cluster.service.committed()
        a.crash()
        let again = try await nodes.repeating {
            try await b.send(.patch, path, #"{"advance":5}"#, [.idempotencyKey: "report"])
        }
        #expect(again.json["progress"]?["completedCount"]?.intValue == 5)
        let created = try await b.send(.post, "", #"{"title":"Import"}"#, [.idempotencyKey: "create"])
        #expect(created.status == 200 && created.json["id"] == first.json["id"])
    }
}
