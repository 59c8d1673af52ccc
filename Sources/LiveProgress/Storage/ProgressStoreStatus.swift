// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import FoundationEssentials

/// The condition of a service's store.
public struct ProgressStoreStatus: Sendable, Hashable {
    /// The name of the store, such as its path.
    public var store: String
    /// Why the last commit failed; `nil` if the store works.
    public var failure: String?
    /// The date since which commits fail.
    public var failingSince: Date?
    /// The number of operations with changes that are not committed.
    public var waitingOperations = 0
    /// The number of commits.
    public var commitCount: UInt64 = 0
    /// The number of failed commits.
    public var failureCount: UInt64 = 0

    /// Creates the condition of a store that works.
    package init(store: String) {
        self.store = store
    }
}
