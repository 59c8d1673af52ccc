// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgressTesting
import Synchronization
import Testing

@testable import LiveProgress
@testable import LiveProgressCluster
@testable import LiveProgressHTTP

/// Nodes in one process, on records in memory and a clock that the test sets.
final class Nodes: Sendable {
    let clock = ManualClock()
    let memory: BackplaneMemory

    init() { memory = BackplaneMemory(clock: clock.clock, largest: 100_000) }

    /// Starts a node.
    func start(
        _ name: String,
        configure: (inout ProgressCluster.Configuration) -> Void = { _ in }
    ) async throws -> Node {
        let node = Node(name, on: memory, clock: clock, configure: configure)
        try await node.cluster.join()
        return node
    }

    /// Advances the time in small steps until a condition is true.
    func pass(until condition: () -> Bool) async {
        for _ in 0..<1000 where !condition() {
            clock.advance(by: .milliseconds(100))
            for _ in 0..<20 { await Task.yield() }
        }
        #expect(condition())
    }

    private final class End: Sendable { let has = Mutex(false) }

    /// Returns the result of a call, while the time advances in small steps.
    func passing<Result: Sendable>(_ call: @escaping @Sendable () async throws -> Result) async throws -> Result {
        let end = End()
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                defer { end.has.withLock { $0 = true } }
                return try await call()
            }
            await pass { end.has.withLock(\.self) }
            guard let result = try await group.next(), let result else { throw CancellationError() }
            return result
        }
    }

    /// Returns the response to a request that is repeated, as a client does it, while it is refused for the moment.
    func repeating(_ call: @escaping @Sendable () async throws -> Answer) async throws -> Answer {
        var answer = try await passing(call)
        for _ in 0..<20 where answer.status == 503 { answer = try await passing(call) }
        return answer
    }

    /// Waits until all nodes know each other.
    func meet(_ nodes: Node...) async {
        await pass { nodes.allSatisfy { $0.cluster.figures.nodes == nodes.count } }
    }
}

/// A node with its API.
final class Node: Sendable {
    let cluster: ProgressCluster
    let api: ProgressAPI
    let backplane: MemoryBackplane
    let events = EventList()

    /// What the node has noted.
    final class EventList: Sendable {
        private let list = Mutex<[ProgressClusterEvent]>([])

        var all: [ProgressClusterEvent] { list.withLock(\.self) }

        func add(_ event: ProgressClusterEvent) { list.withLock { $0.append(event) } }
    }

    fileprivate init(
        _ name: String,
        on memory: BackplaneMemory,
        clock: ManualClock,
        configure: (inout ProgressCluster.Configuration) -> Void
    ) {
        backplane = memory.backplane()
        var configuration = ProgressCluster.Configuration(name: name)
        configuration.service.clock = clock.clock
        configuration.note = events.add
        configure(&configuration)
        cluster = ProgressCluster(backplane, configuration: configuration)
        api = cluster.api()
    }

    /// Sends a request with a JSON body to this node.
    func send(
        _ method: HTTPRequest.Method,
        _ path: String = "",
        _ body: String = "",
        _ fields: HTTPFields = [:]
    ) async throws -> Answer {
        var head = HTTPRequest(method: method, scheme: nil, authority: nil, path: "/api/v1/progress\(path)")
        head.headerFields = fields
        if !body.isEmpty { head.headerFields[.contentType] = "application/json" }
        return try Answer(await api.respond(to: head, body: Array(body.utf8)))
    }

    /// Returns this node's copy of an operation.
    func copy(of id: ProgressID) async throws -> ProgressJournal? { try await cluster.copy(of: id).journal }

    /// Loses the connection to the other nodes without a word, as at the end of the process.
    func crash() {
        cluster.state.withLock { $0.running }?.cancel()
        backplane.leave()
    }
}

/// The response of a node.
struct Answer {
    let status: Int
    let json: JSONValue
    let fields: HTTPFields

    init(_ response: ProgressResponse) throws {
        status = response.head.status.code
        fields = response.head.headerFields
        if case .bytes(let bytes) = response.body { json = try JSONValue(parsing: bytes) } else { json = .null }
    }
}
