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
