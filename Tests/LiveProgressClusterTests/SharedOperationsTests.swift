// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgressTesting
import Testing

@testable import LiveProgress
@testable import LiveProgressCluster
@testable import LiveProgressHTTP

@Suite("Operations that several nodes share")
struct SharedOperationsTests {
    private let nodes = Nodes()

    @Test("Each node reads, reports, cancels and deletes the operation of another")
    func anyNode() async throws {
        let (a, b, c) = (try await nodes.start("a"), try await nodes.start("b"), try await nodes.start("c"))
        #expect(try await a.send(.post, "", #"{"id":"x","cancellable":true}"#).status == 201)
        for round in 1...3 {
            let report = try await b.send(.patch, "/x", #"{"advance":1,"totalCount":3,"state":"\#(round)"}"#)
            #expect(report.status == 200)
            #expect(report.json["progress"]?["completedCount"]?.intValue == Int64(round))
        }
        try await a.cluster.service.committed("x")
        #expect(try await c.send(.get, "/x").json["state"]?.stringValue == "3")
        #expect(try await c.send(.post, "/x/cancel").status == 202)
        #expect(try await a.send(.get, "/x").json["status"]?.stringValue == "cancelling")
        #expect(try await b.send(.delete, "/x").status == 204)
        for node in [a, b, c] { #expect(try await node.send(.get, "/x").status == 410) }
    }

    @Test("A question is answered once, at any node, and its worker and the watchers of all nodes see the answer")
    func answers() async throws {
        let (a, b, c) = (try await nodes.start("a"), try await nodes.start("b"), try await nodes.start("c"))
        let tracker = try a.cluster.service.createProgress(id: "x")
        try await tracker.committed()
        for round in 1...3 {
            async let choice = tracker.ask("Apply \(round)?", choices: ["yes", "no"])
            var open: JSONValue?
            while open == nil {
                try await tracker.committed()
                open = try await c.send(.get, "/x").json["waitingFor"]
            }
            let number = open?["number"]?.intValue ?? -1
            #expect(open?["message"] == .string("Apply \(round)?"))
            #expect(try await c.send(.post, "/x/answer", #"{"answer":"maybe","number":\#(number)}"#).status == 422)
            #expect(try await b.send(.post, "/x/answer", #"{"answer":"no","number":\#(number)}"#).status == 200)
            #expect(try await c.send(.post, "/x/answer", #"{"answer":"yes","number":\#(number)}"#).status == 409)
            #expect(try await choice == "no")
            try await tracker.committed()
            for node in [a, b, c] {
                let seen = try await node.send(.get, "/x").json
                #expect(seen["lastAnswer"]?["answer"] == "no" && seen["lastAnswer"]?["number"]?.intValue == number)
                #expect(seen["waitingFor"] == nil)
            }
        }
    }

    @Test("A watcher on another node sees every revision in order, and the end")
    func watching() async throws {
        let (a, b) = (try await nodes.start("a"), try await nodes.start("b"))
        let tracker = try a.cluster.service.createProgress(id: "x")
        try await tracker.committed()
        let copy = try #require(try await b.copy(of: "x"))
        var events = copy.events().makeAsyncIterator()
        #expect(try await events.next(isolation: nil)?.snapshot.revision == 0)
        for round in 1...3 {
            tracker.update("\(round)")
            // The node writes at most once in each interval, unless a caller waits.
            try await tracker.committed()
            let event = try await events.next(isolation: nil)
            #expect(event?.snapshot.state == "\(round)")
            #expect(event?.snapshot.revision == UInt64(round))
            #expect(event?.skipped == 0)
        }
        tracker.succeed(result: 7)
        #expect(try await events.next(isolation: nil)?.snapshot.outcome == .succeeded(result: 7))
        #expect(try await events.next(isolation: nil) == nil)
    }

    @Test("A watcher that comes from another node does not go back, although the records arrive late")
    func lateRecords() async throws {
        let (a, b) = (try await nodes.start("a"), try await nodes.start("b"))
        #expect(try await a.send(.post, "", #"{"id":"x"}"#).status == 201)
        let copy = try #require(try await b.copy(of: "x"))
        nodes.memory.holdRecords(for: b.cluster.name)
        for round in 1...3 {
            let report = try await a.send(.patch, "/x", #"{"state":"\#(round)"}"#, [.prefer: "durable"])
            let tag = try #require(report.fields[.eTag])
            #expect(try await b.send(.get, "/x").json["revision"]?.intValue == Int64(round) - 1)
            #expect(try await b.send(.get, "/x", "", [.ifNoneMatch: tag]).status == 304)
        }
        nodes.memory.releaseRecords(for: b.cluster.name)
        #expect(try await a.send(.patch, "/x", #"{"status":"succeeded"}"#).status == 200)
        while !copy.isEnded { await Task.yield() }
        let events = copy.read(after: 0).events
        #expect(events.map(\.snapshot.revision) == [1, 2, 3, 4] && events.allSatisfy { $0.skipped == 0 })
    }

    @Test("A copy has one subscription, which ends with its last watcher")
    func interest() async throws {
        let (a, b) = (try await nodes.start("a"), try await nodes.start("b"))
        for id in ["x", "y", "z"] { #expect(try await a.send(.post, "", #"{"id":"\#(id)"}"#).status == 201) }
        do {
            let one = try await b.copy(of: "x")
            let other = try await b.copy(of: "x")
            #expect(one === other)
            #expect(b.cluster.figures.copies == 1)
        }
        #expect(b.cluster.figures.copies == 0)
        #expect(nodes.memory.subscriptionCount == 0)
    }

    @Test("The first watcher on another node gives the start signal")
    func startSignal() async throws {
        let (a, b) = (try await nodes.start("a"), try await nodes.start("b"))
        let tracker = try a.cluster.service.createProgress(id: "x")
        try await tracker.committed()
        #expect(try await b.send(.get, "/x").status == 200)
        #expect(try a.cluster.service.getJournal("x").started.hasFired == false)
        let watch = try await b.send(.get, "/x", "", [.accept: "text/event-stream"])
        #expect(watch.status == 200)
        try await tracker.startSignal.wait()
    }

    @Test("A repeated creation gets the same operation from every node")
    func sameKey() async throws {
        let (a, b) = (try await nodes.start("a"), try await nodes.start("b"))
        let fields: HTTPFields = [.idempotencyKey: "k-1"]
        let first = try await a.send(.post, "", #"{"title":"Import"}"#, fields)
        #expect(first.status == 201)
        for node in [b, a, b] {
            let again = try await node.send(.post, "", #"{"title":"Import"}"#, fields)
            #expect(again.status == 200)
            #expect(again.json["id"] == first.json["id"])
        }
        #expect(try await b.send(.post, "", #"{"title":"Export"}"#, fields).status == 422)
    }

    @Test("Of several nodes that create the same operation, one succeeds")
    func sameIdentifier() async throws {
        let all = [try await nodes.start("a"), try await nodes.start("b"), try await nodes.start("c")]
        for round in 1...3 {
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for node in all {
                    group.addTask { try await node.send(.post, "", #"{"id":"job-\#(round)"}"#).status }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.sorted() == [201, 409, 409])
        }
    }

    @Test("After a removal on another node, PUT is refused and POST begins a new run")
    func afterRemoval() async throws {
        let (a, b) = (try await nodes.start("a"), try await nodes.start("b"))
        for round in 1...3 {
            let (creator, other) = round % 2 == 0 ? (a, b) : (b, a)
            #expect(try await creator.send(.post, "", #"{"id":"x"}"#).status == 201)
            #expect(try await other.send(.post, "", #"{"id":"x"}"#).status == 409)
            #expect(try await creator.send(.delete, "/x").status == 204)
            for node in [other, creator] {
                #expect(try await node.send(.put, "/x", #"{"state":"A"}"#).status == 410)
                #expect(try await node.send(.patch, "/x", #"{"state":"A"}"#).status == 410)
            }
        }
    }

    @Test("A list has the operations of all nodes, newest first, in pages")
    func lists() async throws {
        let (a, b, c) = (try await nodes.start("a"), try await nodes.start("b"), try await nodes.start("c"))
        await nodes.meet(a, b, c)
        for number in 0..<20 {
            nodes.clock.advance(by: .milliseconds(5))
            let node = [a, b, a, c][number % 4]
            #expect(
                try await node.send(.post, "", #"{"id":"op-\#(number)","labels":{"n":"\#(number % 2)"}}"#).status == 201
            )
        }
        for node in [a, b, c] {
            var found: [String] = []
            var token: String?
            repeat {
                let page = try await node.send(.get, "?limit=3&label=n=1\(token.map { "&pageToken=\($0)" } ?? "")")
                #expect(page.status == 200)
                #expect(page.json["missingNodes"] == nil)
                found += page.json["operations"]?.arrayValue?.compactMap { $0["id"]?.stringValue } ?? []
                token = page.json["nextPageToken"]?.stringValue
            } while token != nil && found.count < 50
            #expect(found == (0..<10).reversed().map { "op-\(2 * $0 + 1)" })
        }
    }
}
