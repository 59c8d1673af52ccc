// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgressTesting
import Synchronization
import Testing

@testable import LiveProgress
@testable import LiveProgressCluster

@Suite("The feed of several nodes")
struct SharedFeedTests {
    private let nodes = Nodes()

    /// What a watcher of a node's feed knows: the state of each operation.
    private final class Watcher: Sendable {
        private let box: StatesBox
        private let task: Task<Void, Never>

        init(_ node: Node) {
            let (states, service) = (StatesBox(), node.cluster.service)
            box = states
            task = Task {
                for await event in service.events() {
                    switch event {
                    case .changed(let snapshot): states.set(snapshot.id, snapshot.state)
                    case .removed(let id): states.set(id, nil)
                    }
                }
            }
        }

        private final class StatesBox: Sendable {
            private let states = Mutex<[ProgressID: String]>([:])

            func set(_ id: ProgressID, _ text: String?) { states.withLock { $0[id] = text } }

            var all: [ProgressID: String] { states.withLock(\.self) }
        }

        var all: [ProgressID: String] { box.all }

        deinit { task.cancel() }
    }

    private func create(_ id: String, on node: Node, state: String = "A") async throws {
        #expect(try await node.send(.post, "", #"{"id":"\#(id)","state":"\#(state)"}"#).status == 201)
    }

    @Test("A watcher of one node's feed sees the operations of all nodes, their changes and removals")
    func all() async throws {
        let (a, b, c) = (try await nodes.start("a"), try await nodes.start("b"), try await nodes.start("c"))
        await nodes.meet(a, b, c)
        try await create("on-a", on: a)
        try await create("on-b", on: b)
        let watcher = Watcher(c)
        await nodes.pass { watcher.all == ["on-a": "A", "on-b": "A"] }
        for round in 1...3 {
            #expect(try await b.send(.patch, "/on-a", #"{"state":"\#(round)"}"#).status == 200)
            await nodes.pass { watcher.all["on-a"] == "\(round)" }
        }
        try await create("on-c", on: c)
        #expect(try await a.send(.delete, "/on-a").status == 204)
        await nodes.pass { watcher.all == ["on-b": "A", "on-c": "A"] }
    }

    @Test("An operation stays in the feed when another node takes it over")
    func takeover() async throws {
        let (a, b, c) = (try await nodes.start("a"), try await nodes.start("b"), try await nodes.start("c"))
        await nodes.meet(a, b, c)
        for number in 0..<10 { try await create("op-\(number)", on: a) }
        let watcher = Watcher(c)
        await nodes.pass { watcher.all.count == 10 }
        a.crash()
        await nodes.pass { b.cluster.service.operationCount + c.cluster.service.operationCount == 10 }
        for number in 0..<10 {
            #expect(try await b.send(.patch, "/op-\(number)", #"{"state":"B"}"#).status == 200)
        }
        await nodes.pass { watcher.all.count == 10 && watcher.all.values.allSatisfy { $0 == "B" } }
    }

    @Test("Without a watcher of a feed, the nodes send each other no changes")
    func interest() async throws {
        let (a, b) = (try await nodes.start("a"), try await nodes.start("b"))
        await nodes.meet(a, b)
        try await create("x", on: a)
        do {
            let watcher = Watcher(b)
            await nodes.pass { watcher.all.count == 1 }
            #expect(a.cluster.sessions.count == 1)
            #expect(b.cluster.sessions.count == 0)
        }
        await nodes.pass { a.cluster.sessions.count == 0 }
        await nodes.pass { !a.cluster.service.changes.hasWatchers(besides: 0) }
    }
}
