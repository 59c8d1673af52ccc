// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressTesting
import Synchronization
import Testing

@testable import LiveProgress
@testable import LiveProgressCluster

@Suite("The writer of a node")
struct NodeWriterTests {
    private let clock = ManualClock()
    private let memory: BackplaneMemory

    init() { memory = BackplaneMemory(clock: clock.clock) }

    /// A node with its service, on the shared memory.
    private final class Node: Sendable {
        let service: ProgressService
        let writer: NodeWriter
        let backplane: MemoryBackplane
        private let lostOperations: Lost

        private final class Lost: Sendable {
            let owners = Mutex<[String]>([])
            let signal = WakeSignal()
        }

        init(_ name: String, on memory: BackplaneMemory, clock: ManualClock) throws {
            var configuration = ProgressService.Configuration()
            configuration.clock = clock.clock
            backplane = memory.backplane()
            try backplane.join(BackplaneNode(name: name, respond: { $0 }, hear: { _ in }))
            let lost = Lost()
            lostOperations = lost
            writer = NodeWriter(backplane, .init(node: name, configuration: configuration)) { _, record in
                lost.owners.withLock { $0.append(record?.owner ?? "nobody") }
                lost.signal.wake()
            }
            service = ProgressService(configuration: configuration, keeper: writer)
        }

        var lost: [String] { lostOperations.owners.withLock(\.self) }

        func newest(_ id: ProgressID) throws -> StoredOperation {
            let record = try #require(try backplane.read(id))
            guard case .operation(let operation) = try NodeRecord(record.payload) else {
                throw BackplaneError(.conflict, "\(id) is removed")
            }
            return operation
        }

        func waitForLoss() async { _ = await lostOperations.signal.wait() }
    }

    private func node(_ name: String) throws -> Node { try Node(name, on: memory, clock: clock) }

    @Test("Each commit is in the newest record, with its counts and its end")
    func commits() async throws {
        let node = try node("a")
        let tracker = try node.service.createProgress(id: "x", options: .init(title: "Import"))
        for round in 1...3 {
            tracker.setCounts(completed: Int64(round), total: 3)
            tracker.update("Step \(round)")
            try await tracker.committed()
            #expect(try node.newest("x").newest.state == "Step \(round)")
            #expect(try node.newest("x").counts?.completedCount == Int64(round))
        }
        tracker.succeed(result: ["rows": 3])
        try await tracker.committed()
        #expect(try node.newest("x").newest.outcome == .succeeded(result: ["rows": 3]))
        #expect(node.writer.status.waitingOperations == 0)
    }

    @Test("The records together have every revision, each once")
    func everyRevision() async throws {
        let node = try node("a")
        let tracker = try node.service.createProgress(id: "x")
        for round in 1...5 {
            tracker.update("Step \(round)")
            try await tracker.committed()
        }
        let revisions = try node.backplane.history(of: "x").flatMap { record -> [UInt64] in
            guard case .operation(let change) = try NodeRecord(record.payload) else { return [] }
            return change.revisions.map(\.snapshot.revision)
        }
        #expect(revisions == Array(0...5))
    }

    @Test("The end is kept for the retention; a removal leaves a record until its tombstone is over")
    func lifetimes() async throws {
        let node = try node("a")
        try node.service.createProgress(id: "ended").succeed()
        let deleted = try node.service.createProgress(id: "deleted")
        try await deleted.committed()
        try node.service.deleteProgress("deleted")
        try await node.service.committed()
        let record = try #require(try node.backplane.read("deleted"))
        #expect(try NodeRecord(record.payload) == .removed)
        clock.advance(by: .seconds(30 * 86_400))
        #expect(try node.backplane.read("ended") == nil)
        #expect(try node.backplane.read("deleted") == nil)
    }

    @Test("A node that was replaced loses its operation, and changes nothing")
    func replaced() async throws {
        let node = try node("a")
        let tracker = try node.service.createProgress(id: "x")
        try await tracker.committed()
        let sequence = try #require(try node.backplane.read("x")).sequence
        _ = try memory.backplane().write(BackplaneDraft(owner: "b", payload: []), of: "x", expecting: sequence)
        tracker.update("Too late")
        await node.waitForLoss()
        #expect(node.lost == ["b"])
        #expect(try node.backplane.read("x")?.owner == "b")
        try await node.service.committed()
        // A caller that waits only now must not take the loss for a commit.
        await #expect(throws: ProgressError.self) { try await node.service.committed("x") }
    }

    @Test("After a record of its own that it does not know, a node goes on")
    func ownRecord() async throws {
        let node = try node("a")
        let tracker = try node.service.createProgress(id: "x")
        try await tracker.committed()
        let sequence = try #require(try node.backplane.read("x")).sequence
        _ = try memory.backplane().write(BackplaneDraft(owner: "a", payload: []), of: "x", expecting: sequence)
        tracker.update("Again")
        try await tracker.committed()
        #expect(try node.newest("x").newest.state == "Again")
        #expect(node.lost == [])
    }
}
