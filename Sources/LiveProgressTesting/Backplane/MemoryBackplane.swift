// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress
import Synchronization

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
