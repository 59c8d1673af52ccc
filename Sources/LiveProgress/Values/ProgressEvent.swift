// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A snapshot that a watcher receives, and its relation to the snapshot before it.
public struct ProgressEvent: Sendable, Hashable {
    /// The kind of an event.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The first event that the watcher receives.
        case snapshot
        /// A later revision.
        case update
        /// The last revision of the operation, even if it is the first event.
        case end
    }

    /// The kind of the event.
    public let kind: Kind
    /// The operation at this revision.
    public let snapshot: ProgressSnapshot
    /// The number of revisions skipped just before this one, because the watcher was too slow or returned too late.
    public let skipped: UInt64
    /// Whether the first event continues exactly at the watcher's cursor; `nil` on later events.
    public let resumed: Bool?

    /// Creates an event with the given members.
    public init(kind: Kind, snapshot: ProgressSnapshot, skipped: UInt64 = 0, resumed: Bool? = nil) {
        self.kind = kind
        self.snapshot = snapshot
        self.skipped = skipped
        self.resumed = resumed
    }
}
