// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// A store in memory: it outlives a service, but not the process.
///
/// Tests use this store to restart a service; it also shows what a store has to do.
public final class ProgressMemoryStore: ProgressStore {
    private struct State {
        var contents = ProgressStoreContents()
        /// The places of the operations in the contents.
        var places: [ProgressID: Int] = [:]
        var isOpen = false

        mutating func apply(_ batch: ProgressStoreBatch) {
            for id in batch.forgottenTombstones { contents.tombstones[id] = nil }
            for removal in batch.removals {
                if let place = places[removal.id], contents.operations[place].epoch == removal.epoch {
                    remove(at: place)
                }
                contents.tombstones[removal.id] = removal.tombstoneUntil
            }
            for change in batch.changes { apply(change) }
        }

        private mutating func apply(_ change: StoredOperation) {
            if let place = places[change.id] {
                if contents.operations[place].epoch == change.epoch { return contents.operations[place].apply(change) }
                remove(at: place)
            }
            contents.tombstones[change.id] = nil
            places[change.id] = contents.operations.count
            contents.operations.append(change)
        }

        private mutating func remove(at place: Int) {
            places[contents.operations[place].id] = nil
            contents.operations.remove(at: place)
            for later in contents.operations.indices[place...] { places[contents.operations[later].id] = later }
        }
    }

    private let state = Mutex(State())

    /// Creates an empty store.
    public init() {}

    /// A name for the log.
    public var description: String { "memory" }

    /// Returns everything in the store; the store must not be open.
    public func load() throws -> ProgressStoreContents {
        try state.withLock { state in
            guard !state.isOpen else { throw ProgressStoreError("Another service uses this store in memory.") }
            state.isOpen = true
            defer { state.contents.wasClosed = false }
            return state.contents
        }
    }

    /// Applies a batch.
    public func commit(_ batch: ProgressStoreBatch) {
        state.withLock { $0.apply(batch) }
    }

    /// Closes the store, so that another service can load it.
    public func close() {
        state.withLock { state in
            state.isOpen = false
            state.contents.wasClosed = true
        }
    }

    /// Opens the way for another service without ``close()``, as the end of a process does.
    public func crash() {
        state.withLock { $0.isOpen = false }
    }
}
