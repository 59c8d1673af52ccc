// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress
import Synchronization

/// The records of backplanes in one process, for tests: each ``MemoryBackplane`` of it is the connection of one node.
///
/// ```swift
/// let medium = BackplaneMemory(clock: clock)
/// let services = try await [ProgressService(on: medium.backplane()), ProgressService(on: medium.backplane())]
/// ```
public final class BackplaneMemory: Sendable {
    /// The most records of one operation that are kept.
    static let history = 16

    struct Entry {
        var record: BackplaneRecord
        var forgottenAt: Duration?
    }

    struct Subscriber {
        let node: String
        let records: AsyncStream<BackplaneRecord>.Continuation
    }

    struct State {
        var entries: [ProgressID: [Entry]] = [:]
        var lastSequence: UInt64 = 0
        var subscribers: [ProgressID: [UInt64: Subscriber]] = [:]
        var subscriptions: [UInt64: ProgressID] = [:]
        var lastSubscription: UInt64 = 0
        var nodes: [String: BackplaneNode] = [:]
        /// The number of readings that fail from now on.
        var failingReads = 0
        /// The nodes whose connections are interrupted.
        var cutOff: Set<String> = []
        /// The nodes whose subscriptions receive nothing.
        var deaf: Set<String> = []

        /// The kept entries of an operation.
        func kept(_ id: ProgressID, at now: Duration) -> [Entry] {
            guard let entries = entries[id], let last = entries.last else { return [] }
            return last.forgottenAt.map { $0 <= now } ?? false ? [] : entries
        }
    }

    let clock: ProgressClock
    let largest: Int
    let state = Mutex(State())

    /// Creates memory without records.
    ///
    /// - Parameters:
    ///   - clock: The clock by which records are forgotten.
    ///   - largest: The largest payload of a record, in bytes.
    public init(clock: ProgressClock = .system, largest: Int = .max) {
        self.clock = clock
        self.largest = largest
    }

    /// Loses all records, as servers do whose disks are replaced.
    public func loseEverything() {
        state.withLock { $0.entries = [:] }
    }

    /// Loses the newest records of each operation, as a server does that starts with an old copy of its disk.
    ///
    /// The next records get the sequences of the lost ones.
    ///
    /// - Parameter count: The number of records that each operation loses.
    public func loseNewest(_ count: Int) {
        state.withLock { state in
            state.entries = state.entries.compactMapValues { $0.count > count ? $0.dropLast(count) : nil }
            state.lastSequence = state.entries.values.compactMap(\.last?.record.sequence).max() ?? 0
        }
    }

    /// The number of subscriptions of all nodes.
    public var subscriptionCount: Int { state.withLock { $0.subscriptions.count } }

    /// Interrupts the connection of a node: its calls fail, and it receives nothing.
    public func cutOff(_ node: String) {
        state.withLock { _ = $0.cutOff.insert(node) }
    }

    /// Lets the subscriptions of a node receive nothing, as if its connection was slow; its calls succeed.
    public func holdRecords(for node: String) {
        state.withLock { _ = $0.deaf.insert(node) }
    }

    /// Lets the subscriptions of a node receive the next records; those that were held are lost.
    public func releaseRecords(for node: String) {
        state.withLock { _ = $0.deaf.remove(node) }
    }

    /// Lets the next readings of an operation fail.
    public func failReads(_ count: Int) {
        state.withLock { $0.failingReads = count }
    }

    /// Ends the interruption of a node's connection; what the node has missed does not arrive later.
    public func heal(_ node: String) {
        state.withLock { _ = $0.cutOff.remove(node) }
    }

    /// Returns the connection of one more node.
    public func backplane() -> MemoryBackplane {
        MemoryBackplane(self)
    }
}

/// The connection of one node to the records in the memory of this process.
public final class MemoryBackplane: ProgressBackplane {
    private let memory: BackplaneMemory
    private let name = Mutex("")

    init(_ memory: BackplaneMemory) {
        self.memory = memory
    }

    /// The name in messages.
    public var description: String { "memory" }

    /// Joins the nodes of the memory.
    public func join(_ node: BackplaneNode) throws(BackplaneError) {
        let isNew = memory.state.withLock { $0.nodes.updateValue(node, forKey: node.name) == nil }
        guard isNew else { throw BackplaneError(.conflict, "Another node has the name \(node.name).") }
        name.withLock { $0 = node.name }
    }

    /// Leaves the nodes of the memory.
    public func leave() {
        let name = name.withLock(\.self)
        memory.state.withLock { _ = $0.nodes.removeValue(forKey: name) }
    }

    /// Writes a record.
    public func write(
        _ draft: BackplaneDraft,
        of id: ProgressID,
        expecting sequence: UInt64
    ) throws(BackplaneError) -> UInt64 {
        try checkConnection()
        guard draft.payload.count <= memory.largest else {
            throw BackplaneError(.tooLarge, "A record has at most \(memory.largest) bytes.")
        }
        let now = memory.clock.now()
        let written = memory.state.withLock { state -> UInt64? in
            var entries = state.kept(id, at: now)
            let previous = entries.last?.record.sequence ?? 0
            guard previous == sequence else { return nil }
            state.lastSequence += 1
            let record = BackplaneRecord(
                id: id,
                sequence: state.lastSequence,
                previous: previous,
                owner: draft.owner,
                payload: draft.payload
            )
            // An operation that is forgotten later leaves nothing, so its earlier records are dropped now.
            if draft.lifetime != nil { entries = [] }
            entries.append(.init(record: record, forgottenAt: draft.lifetime.map { now + $0 }))
            state.entries[id] = entries.suffix(BackplaneMemory.history)
            let unreachable = state.cutOff.union(state.deaf)
            for subscriber in (state.subscribers[id] ?? [:]).values where !unreachable.contains(subscriber.node) {
                subscriber.records.yield(record)
            }
            return record.sequence
        }
        guard let written else { throw BackplaneError(.conflict, "Another record was written after \(sequence).") }
        return written
    }

    /// Returns the newest record of an operation.
    public func read(_ id: ProgressID) throws(BackplaneError) -> BackplaneRecord? {
        try history(of: id).last
    }

    /// Returns the kept records of an operation.
    public func history(of id: ProgressID) throws(BackplaneError) -> [BackplaneRecord] {
        try checkConnection()
        let now = memory.clock.now()
        let records = memory.state.withLock { state -> [BackplaneRecord]? in
            guard state.failingReads == 0 else {
                state.failingReads -= 1
                return nil
            }
            return state.kept(id, at: now).map(\.record)
        }
        guard let records else { throw BackplaneError(.unavailable, "The reading fails, as the test wants.") }
        return records
    }

    /// Subscribes to the later records of an operation.
    public func subscribe(
        to id: ProgressID,
        receive: @escaping @Sendable (BackplaneRecord) -> Void
    ) throws(BackplaneError) -> BackplaneSubscription {
        try checkConnection()
        let node = name.withLock(\.self)
        let (records, continuation) = AsyncStream.makeStream(of: BackplaneRecord.self)
        Task { for await record in records { receive(record) } }
        return memory.state.withLock { state in
            state.lastSubscription += 1
            let subscriber = BackplaneMemory.Subscriber(node: node, records: continuation)
            state.subscribers[id, default: [:]][state.lastSubscription] = subscriber
            state.subscriptions[state.lastSubscription] = id
            return BackplaneSubscription(number: state.lastSubscription)
        }
    }

    /// Ends a subscription.
    public func unsubscribe(_ subscription: BackplaneSubscription) {
        let ended = memory.state.withLock { state in
            guard let id = state.subscriptions.removeValue(forKey: subscription.number) else {
                return nil as AsyncStream<BackplaneRecord>.Continuation?
            }
            defer { if state.subscribers[id]?.isEmpty == true { state.subscribers[id] = nil } }
            return state.subscribers[id]?.removeValue(forKey: subscription.number)?.records
        }
        ended?.finish()
    }

    /// Returns the newest record of each operation, without its payload.
    public func scan() throws(BackplaneError) -> [BackplaneRecord] {
        try checkConnection()
        let now = memory.clock.now()
        return memory.state.withLock { state in
            state.entries.keys.compactMap { id in
                guard var record = state.kept(id, at: now).last?.record else { return nil }
                record.payload = []
                return record
            }
        }
    }

    /// Sends a message to a node, and returns its response.
    public func request(
        _ message: [UInt8],
        to node: String,
        within limit: Duration
    ) async throws(BackplaneError) -> [UInt8] {
        try checkConnection()
        let (receiver, isCutOff) = memory.state.withLock { ($0.nodes[node], $0.cutOff.contains(node)) }
        if isCutOff { throw BackplaneError(.unknownOutcome, "The node \(node) does not respond.") }
        guard let receiver else { throw BackplaneError(.noNode, "There is no node \(node).") }
        return await receiver.respond(message)
    }

    private func checkConnection() throws(BackplaneError) {
        let name = name.withLock(\.self)
        guard memory.state.withLock({ !$0.cutOff.contains(name) }) else {
            throw BackplaneError(.unavailable, "The connection is interrupted.")
        }
    }

    /// Sends a message to all other nodes.
    public func announce(_ message: [UInt8]) {
        let name = name.withLock(\.self)
        let others = memory.state.withLock { state in
            state.cutOff.contains(name)
                ? [] : state.nodes.filter { $0.key != name && !state.cutOff.contains($0.key) }.map(\.value)
        }
        for node in others { node.hear(message) }
    }
}
