// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgressTesting
import Testing

@testable import LiveProgress
@testable import LiveProgressCluster
@testable import LiveProgressHTTP

@Suite("Records that cannot be written, or are gone")
struct RecordFaultsTests {
    private let nodes = Nodes()

    private func durable(_ node: Node, _ path: String, _ body: String) async throws -> Int {
        try await nodes.passing { try await node.send(.patch, path, body, [.prefer: "durable"]).status }
    }

    @Test("An operation that is too large for a record harms no other one, and is written when it fits again")
    func tooLarge() async throws {
        let (a, b) = (try await nodes.start("a"), try await nodes.start("b"))
        for id in ["large", "other"] { #expect(try await a.send(.post, "", #"{"id":"\#(id)"}"#).status == 201) }
        let text = String(repeating: "x", count: 120_000)
        #expect(try await a.send(.patch, "/large", #"{"details":{"text":"\#(text)"}}"#).status == 200)
        for round in 1...3 {
            #expect(try await durable(a, "/other", #"{"state":"\#(round)"}"#) == 200)
            #expect(try await durable(a, "/large", #"{"advance":1}"#) == 503)
        }
        #expect(a.cluster.service.storeStatus?.failure == nil)
        #expect(try await a.send(.patch, "/large", #"{"state":"B","details":null}"#).status == 200)
        await nodes.pass { a.cluster.service.storeStatus?.waitingOperations == 0 }
        #expect(try await b.send(.get, "/large").json["state"]?.stringValue == "B")
    }

    @Test("Expired operations leave nothing that waits")
    func expiry() async throws {
        let retention = Duration.seconds(60)
        let a = try await nodes.start("a") { $0.service.retention = retention }
        let b = try await nodes.start("b") { $0.service.retention = retention }
        await nodes.meet(a, b)
        for number in 0..<5 {
            #expect(try await a.send(.post, "", #"{"id":"op-\#(number)","status":"succeeded"}"#).status == 201)
        }
        await nodes.pass { a.cluster.service.operationCount == 0 }
        await nodes.pass { a.cluster.service.storeStatus?.waitingOperations == 0 }
        #expect(a.cluster.figures.conflicts == 0)
        #expect(try await a.send(.get, "/op-0").status == 410)
        #expect(try await b.send(.get, "/op-0").status == 404)
        #expect(b.cluster.service.operationCount == 0)
    }

    @Test("A watcher elsewhere receives the end of a run that a new run follows at once")
    func endBeforeNewRun() async throws {
        let (a, b) = (try await nodes.start("a"), try await nodes.start("b"))
        for round in 1...3 {
            #expect(try await a.send(.post, "", #"{"id":"x","state":"Run"}"#).status == 201)
            let copy = try #require(try await b.cluster.copy(of: "x"))
            #expect(try await b.send(.patch, "/x", #"{"status":"succeeded","result":\#(round)}"#).status == 200)
            #expect(try await nodes.passing { try await a.send(.post, "", #"{"id":"x"}"#) }.status == 201)
            var last: ProgressSnapshot?
            for try await event in copy.events() { last = event.snapshot }
            #expect(last?.outcome == .succeeded(result: .integer(Int64(round))))
            #expect(try await a.send(.patch, "/x", #"{"status":"cancelled"}"#).status == 200)
        }
    }

    @Test("After the loss of all records, each node writes its operations again")
    func lostRecords() async throws {
        let (a, b) = (try await nodes.start("a"), try await nodes.start("b"))
        #expect(try await a.send(.post, "", #"{"id":"x","state":"A","details":{"n":1}}"#).status == 201)
        nodes.memory.loseEverything()
        for round in 1...3 {
            #expect(try await durable(a, "/x", #"{"advance":1}"#) == 200)
            let seen = try await b.send(.get, "/x").json
            #expect(seen["progress"]?["completedCount"]?.intValue == Int64(round))
            #expect(seen["state"]?.stringValue == "A")
        }
    }

    @Test("A creation whose outcome was unknown comes back to its node, and is not lost")
    func unknownCreation() async throws {
        let (a, b) = (try await nodes.start("a"), try await nodes.start("b"))
        await nodes.meet(a, b)
        #expect(try await a.send(.post, "", #"{"id":"x","lease":5}"#).status == 201)
        let journal = try #require(a.cluster.service.ownJournal("x"))
        // The node gives the operation up, though its record was written.
        a.cluster.writer.forget("x")
        a.cluster.service.giveUp(journal)
        let report = try await nodes.passing { try await b.send(.patch, "/x", #"{"state":"B"}"#) }
        #expect(report.status == 200)
        #expect(a.cluster.service.ownJournal("x") != nil)
    }
}
