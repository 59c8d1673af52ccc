// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// What a watcher gets: a snapshot, and how it follows on what the watcher had.
public struct ProgressEvent: Sendable, Hashable {
    /// The place of the event in a watcher's life.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The first event after connecting.
        case snapshot
        /// A later revision.
        case update
        /// The last revision there will ever be, also where it is the first event.
        case end
    }

    /// The place of the event in the watcher's life.
    public let kind: Kind
    /// The operation at this revision.
    public let snapshot: ProgressSnapshot
    /// Revisions passed over just before this one, because the watcher was too slow or came back too late.
    public let skipped: UInt64
    /// On the first event after connecting: whether it goes on exactly where the watcher's cursor was; else `nil`.
    public let resumed: Bool?

    /// An event with the given members.
    public init(kind: Kind, snapshot: ProgressSnapshot, skipped: UInt64 = 0, resumed: Bool? = nil) {
        self.kind = kind
        self.snapshot = snapshot
        self.skipped = skipped
        self.resumed = resumed
    }
}
