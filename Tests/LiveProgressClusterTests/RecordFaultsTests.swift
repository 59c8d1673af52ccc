// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgressTesting
import Testing

@testable import LiveProgress
@testable import LiveProgressCluster
@testable import LiveProgressHTTP

@Suite("Records that cannot be written, or are gone", .timeLimit(.minutes(1)))
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
        #expect(try await b.send(.get, "/op-0").status == 410)
        #expect(b.cluster.service.operationCount == 0)
    }

    @Test("A watcher elsewhere receives the end of a run that a new run follows at once")
    func endBeforeNewRun() async throws {
        let (a, b) = (try await nodes.start("a"), try await nodes.start("b"))
        for round in 1...3 {
            #expect(try await a.send(.post, "", #"{"id":"x","state":"Run"}"#).status == 201)
            let copy = try #require(try await b.copy(of: "x"))
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

    @Test("After one node has found that all records are lost, every node writes all its operations again")
    func allAreWrittenAgain() async throws {
        let (a, b) = (try await nodes.start("a"), try await nodes.start("b"))
        await nodes.meet(a, b)
        for node in [a, b] {
            for number in 0..<5 {
                let body = #"{"id":"\#(node === a ? "a" : "b")-\#(number)"}"#
                #expect(try await node.send(.post, "", body).status == 201)
            }
        }
        for round in 1...3 {
            nodes.memory.loseEverything()
            #expect(try await durable(a, "/a-0", #"{"state":"\#(round)"}"#) == 200)
            await nodes.pass { (try? a.backplane.scan().count) == 10 }
        }
        #expect(try await a.send(.get, "/b-4").status == 200)
    }

    @Test("The watchers of an operation elsewhere stay when its records are lost, and see what follows")
    func lostRecordsOfWatched() async throws {
        let (a, b) = (try await nodes.start("a"), try await nodes.start("b"))
        await nodes.meet(a, b)
        #expect(try await a.send(.post, "", #"{"id":"x","state":"A"}"#).status == 201)
        let copy = try #require(try await b.copy(of: "x"))
        var events = copy.events().makeAsyncIterator()
        #expect(try await events.next(isolation: nil)?.snapshot.state == "A")
        for round in 1...3 {
            nodes.memory.loseEverything()
            // No worker reports, so the watching node finds the loss.
            await nodes.pass { (try? a.backplane.read("x")) != nil }
            #expect(try await durable(a, "/x", #"{"state":"\#(round)"}"#) == 200)
            #expect(try await events.next(isolation: nil)?.snapshot.state == "\(round)")
        }
        #expect(try await a.send(.patch, "/x", #"{"status":"succeeded"}"#).status == 200)
        #expect(try await events.next(isolation: nil)?.snapshot.outcome == .succeeded(result: nil))
    }

    @Test("The watchers of an operation elsewhere see what follows after its newest records are lost", arguments: 1...3)
    func oldRecords(lost count: Int) async throws {
        let (a, b) = (try await nodes.start("a"), try await nodes.start("b"))
        #expect(try await a.send(.post, "", #"{"id":"x"}"#).status == 201)
        let copy = try #require(try await b.copy(of: "x"))
        var events = copy.events().makeAsyncIterator()
        #expect(try await events.next(isolation: nil)?.snapshot.revision == 0)
        for round in 1...3 {
            for step in 1...3 {
                let state = "\(round).\(step)"
                #expect(try await durable(a, "/x", #"{"state":"\#(state)"}"#) == 200)
                let event = try #require(try await events.next(isolation: nil))
                #expect(event.snapshot.state == state && event.skipped == 0)
            }
            nodes.memory.loseNewest(count)
        }
        #expect(try await durable(a, "/x", #"{"status":"succeeded"}"#) == 200)
        #expect(try await events.next(isolation: nil)?.snapshot.outcome == .succeeded(result: nil))
        #expect(try await events.next(isolation: nil) == nil)
    }

    @Test("The watchers of an operation that no node has any more connect again, and learn that it is unknown")
    func lostWithItsNode() async throws {
        let (a, b) = (try await nodes.start("a"), try await nodes.start("b"))
        await nodes.meet(a, b)
        #expect(try await a.send(.post, "", #"{"id":"x"}"#).status == 201)
        let copy = try #require(try await b.copy(of: "x"))
        nodes.memory.loseEverything()
        a.crash()
        await nodes.pass { copy.read(after: 0).removal == .moved }
        #expect(try await b.send(.get, "/x").status == 404)
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
