// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import FoundationEssentials

/// A durable store of a service's operations.
///
/// A service makes one call at a time: ``load()`` once, then ``commit(_:)`` any number of times, then ``close()``. A store
/// keeps these promises; `StoreConformance` of LiveProgressTesting checks each of them:
///
/// 1. After ``commit(_:)`` returns, the batch survives the end of the process, and the loss of power.
/// 2. A batch is committed as a whole or not at all.
/// 3. Batches take effect in the order of the calls: ``load()`` returns the newest record of each operation.
/// 4. A change with a new epoch replaces the former operation with its identifier, and all its revisions.
/// 5. A revision replaces the stored revision with its number. Revisions before ``StoredOperation/oldestRevision`` are
///    dropped; all others stay, in order, each once.
/// 6. If ``commit(_:)`` throws, the batch may be committed or not; the service then commits its changes again.
///    Committing the same change twice has the effect of committing it once.
/// 7. A removed operation and its revisions are forgotten. Its tombstone stays until the service forgets the tombstone,
///    or commits a new operation with the identifier.
/// 8. ``load()`` returns the operations in the order in which they were first committed.
/// 9. ``load()`` says that the store was closed only if ``close()`` returned after the last commit.
/// 10. While a service has loaded a store, a second ``load()``, also in another process, throws.
public protocol ProgressStore: Sendable, CustomStringConvertible {
    /// Opens the store, and returns everything in it.
    ///
    /// - Throws: ProgressStoreError if the store cannot be opened; the store is then unchanged.
    func load() async throws -> ProgressStoreContents

    /// Commits a batch of changes, and returns when it is durable.
    ///
    /// - Throws: Any error, with a description for the operator; the service tries again.
    func commit(_ batch: ProgressStoreBatch) async throws

    /// Closes the store after the last commit.
    func close() async throws
}

/// Everything that a store has kept.
public struct ProgressStoreContents: Sendable, Hashable {
    /// The operations, in the order in which they were first committed.
    public var operations: [StoredOperation]
    /// The dates until which removed operations are remembered.
    public var tombstones: [ProgressID: Date]
    /// Whether the store was closed after the last commit, so that no revision is missing.
    public var wasClosed: Bool

    /// Creates contents; by default those of a new store.
    public init(
        operations: [StoredOperation] = [],
        tombstones: [ProgressID: Date] = [:],
        wasClosed: Bool = true
    ) {
        self.operations = operations
        self.tombstones = tombstones
        self.wasClosed = wasClosed
    }
}

/// The changes of one commit; the removals come before the changes.
public struct ProgressStoreBatch: Sendable, Hashable {
    /// An operation that is removed.
    public struct Removal: Sendable, Hashable {
        /// The identifier of the operation.
        public var id: ProgressID
        /// The epoch of the operation; an operation with another epoch is not removed.
        public var epoch: String
        /// The date until which the removal is remembered.
        public var tombstoneUntil: Date

        /// Creates a removal.
        public init(id: ProgressID, epoch: String, tombstoneUntil: Date) {
            self.id = id
            self.epoch = epoch
            self.tombstoneUntil = tombstoneUntil
        }
    }

    /// The operations to remove.
    public var removals: [Removal]
    /// The operations to store, each at most once, with their new revisions only.
    public var changes: [StoredOperation]
    /// The tombstones whose time has passed.
    public var forgottenTombstones: [ProgressID]

    /// Creates a batch; by default an empty one.
    public init(
        removals: [Removal] = [],
        changes: [StoredOperation] = [],
        forgottenTombstones: [ProgressID] = []
    ) {
        self.removals = removals
        self.changes = changes
        self.forgottenTombstones = forgottenTombstones
    }

    /// Whether there is nothing to commit.
    public var isEmpty: Bool { removals.isEmpty && changes.isEmpty && forgottenTombstones.isEmpty }
}

/// The reason why a store cannot be opened or written, and what to do.
public struct ProgressStoreError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The message for the operator.
    public let message: String
    /// Whether the store is empty now, such as after its file was deleted; the service then commits everything again.
    public let hasLostContents: Bool

    /// Creates an error with its message.
    public init(_ message: String, hasLostContents: Bool = false) {
        self.message = message
        self.hasLostContents = hasLostContents
    }

    /// The message.
    public var description: String { message }
}
