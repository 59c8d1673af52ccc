// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Foundation
import LiveProgress
import LiveProgressNATS
import LiveProgressTesting
import Synchronization
import Testing

@testable import NATSClient

@Suite("A backplane on three NATS servers", .serialized)
struct NATSClusterTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("The cluster keeps every promise")
    func promises() async throws {
        let cluster = try await NATSCluster(in: folder)
        for (index, conformance) in BackplaneConformance.cases.enumerated() {
            try await conformance.run { ClusterMedium(cluster: cluster, namespace: "case-\(index)") }
        }
    }

    @Test("While the leader is killed and a follower is stopped, no acknowledged record is lost, and no read fails")
    func faults() async throws {
        let cluster = try await NATSCluster(in: folder)
        let medium = ClusterMedium(cluster: cluster, namespace: "faults")
        var backplanes: [any ProgressBackplane] = []
        for name in ["a", "b", "c"] {
            let backplane = try await medium.connect()
            try await backplane.join(BackplaneNode(name: name, respond: { $0 }, hear: { _ in }))
            backplanes.append(backplane)
        }
        let writers = (0..<30).map { number in
            RecordWriter(id: ProgressID("op-\(number)") ?? ProgressID(), by: backplanes[number % 3])
        }
        var watchers: [RecordWatcher] = []
        for (number, writer) in writers.enumerated() {
            watchers.append(try await RecordWatcher(of: writer.id, on: backplanes[(number + 1) % 3]))
        }
        let reader = RecordReader(of: writers[1].id, on: backplanes[2])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in writers { group.addTask { await writer.run() } }
            group.addTask { try await reader.run() }
            for round in 0..<3 {
                await writers[0].progress(by: 50)
                let leader = try #require(try await leader(of: "FAULTS", cluster))
                if round == 1 {
                    cluster.send(SIGSTOP, to: (leader + 1) % 3)
                    await writers[0].progress(by: 50)
                    cluster.send(SIGCONT, to: (leader + 1) % 3)
                } else {
                    cluster.kill(leader)
                    await writers[0].progress(by: 50)
                    try await cluster.restart(leader)
                }
            }
            await writers[0].progress(by: 50)
            for writer in writers { writer.stop() }
            reader.stop()
            try await group.waitForAll()
        }
        for (number, writer) in writers.enumerated() {
            let newest = try #require(try await backplanes[(number + 2) % 3].read(writer.id))
            #expect(newest.sequence == writer.last, "\(writer.id) lost \(writer.last), and has \(newest.sequence)")
            #expect(writer.conflicts == 0)
            try await watchers[number].check(against: writer.acknowledged)
        }
        let pause = writers.map(\.longestPause).max() ?? .zero
        let count = writers.map(\.acknowledged.count).reduce(0, +)
        print("     \(count) acknowledged records, none lost; longest time without an acknowledgement: \(pause)")
        print("     \(reader.count) reads, none failed")
        for backplane in backplanes { await backplane.leave() }
    }

    private func leader(of stream: String, _ cluster: NATSCluster) async throws -> Int? {
        try await withClient(cluster.addresses()) { client, _ in
            try await client.connected()
            let info = try await JetStream(client).info(of: stream)
            return info.cluster?.leader.flatMap { cluster.index(of: $0) }
        }
    }
}

/// The stream of a namespace on a cluster.
private struct ClusterMedium: BackplaneMedium {
    let cluster: NATSCluster
    let namespace: String

    func connect() async throws -> any ProgressBackplane {
        var configuration = NATSBackplane.Configuration(servers: try cluster.addresses())
        configuration.connection.backoff = .milliseconds(20)
        configuration.namespace = namespace
        configuration.timeout = .seconds(60)
        return NATSBackplane(configuration)
    }

    func pass(_ time: Duration) async throws { try await Task.sleep(for: time) }
}

/// The only writer of an operation, which writes one record after the other.
private final class RecordWriter: Sendable {
    private struct State {
        var acknowledged: [UInt64] = []
        var conflicts = 0
        var longestPause = Duration.zero
        var isStopped = false
        var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    let id: ProgressID
    private let backplane: any ProgressBackplane
    private let state = Mutex(State())

    init(id: ProgressID, by backplane: any ProgressBackplane) {
        self.id = id
        self.backplane = backplane
    }

    var acknowledged: [UInt64] { state.withLock { $0.acknowledged } }
    var last: UInt64 { acknowledged.last ?? 0 }
    var conflicts: Int { state.withLock { $0.conflicts } }
    var longestPause: Duration { state.withLock { $0.longestPause } }

    func stop() { state.withLock { $0.isStopped = true } }

    func run() async {
        var wroteAt = ContinuousClock.now
        while !state.withLock(\.isStopped) {
            do throws(BackplaneError) {
                let draft = BackplaneDraft(owner: "a", payload: Array("\(acknowledged.count)".utf8))
                let sequence = try await backplane.write(draft, of: id, expecting: last)
                note(sequence, after: ContinuousClock.now - wroteAt)
                wroteAt = .now
            } catch {
                if error.code == .conflict { state.withLock { $0.conflicts += 1 } }
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    private func note(_ sequence: UInt64, after pause: Duration) {
        let ready = state.withLock { state in
            state.acknowledged.append(sequence)
            state.longestPause = max(state.longestPause, pause)
            defer { state.waiters.removeAll { $0.count <= state.acknowledged.count } }
            return state.waiters.filter { $0.count <= state.acknowledged.count }
        }
        for waiter in ready { waiter.continuation.resume() }
    }

    /// Waits until so many more records are acknowledged.
    func progress(by count: Int) async {
        await withCheckedContinuation { continuation in
            state.withLock { $0.waiters.append(($0.acknowledged.count + count, continuation)) }
        }
    }
}

/// Reads and subscribes to an operation, again and again.
private final class RecordReader: Sendable {
    private let id: ProgressID
    private let backplane: any ProgressBackplane
    private let state = Mutex((count: 0, isStopped: false))

    init(of id: ProgressID, on backplane: any ProgressBackplane) {
        self.id = id
        self.backplane = backplane
    }

    var count: Int { state.withLock(\.count) }

    func stop() { state.withLock { $0.isStopped = true } }

    func run() async throws {
        while !state.withLock(\.isStopped) {
            _ = try await backplane.read(id)
            _ = try await backplane.history(of: id)
            backplane.unsubscribe(try await backplane.subscribe(to: id) { _ in })
            state.withLock { $0.count += 1 }
        }
    }
}

/// A subscriber of an operation, which notes what it receives.
private final class RecordWatcher: Sendable {
    private let id: ProgressID
    private let backplane: any ProgressBackplane
    private let received = Received()

    private final class Received: Sendable {
        let records = Mutex<[BackplaneRecord]>([])
    }

    init(of id: ProgressID, on backplane: any ProgressBackplane) async throws {
        self.id = id
        self.backplane = backplane
        _ = try await backplane.subscribe(to: id) { [received] record in received.records.withLock { $0.append(record) }
        }
    }

    /// Checks that each received record was written, and that each gap between two is revealed by the second.
    func check(against written: [UInt64]) async throws {
        let records = received.records.withLock(\.self)
        let numbers = Dictionary(uniqueKeysWithValues: written.enumerated().map { ($0.element, $0.offset) })
        var last: Int?
        for record in records {
            let number = try #require(numbers[record.sequence], "\(record.sequence) was not acknowledged")
            #expect(record.previous == (number == 0 ? 0 : written[number - 1]))
            // A repeated record is allowed; the sequence reveals it.
            last = max(last ?? number, number)
        }
        #expect(!records.isEmpty)
    }
}
