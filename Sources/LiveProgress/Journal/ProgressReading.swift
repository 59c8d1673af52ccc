// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// What one read of a journal gives.
public struct ProgressReading: Sendable {
    /// What is new, in strictly increasing order of revisions.
    public let events: [ProgressEvent]
    /// The revision to pass to the next read.
    public let position: UInt64
    /// Whether the end has been read, now or before: nothing follows.
    public let isFinished: Bool
    /// Why the operation is no longer there, where it is not: nothing follows.
    public let removal: ProgressRemoval?

    /// A reading with the given members.
    public init(events: [ProgressEvent], position: UInt64, isFinished: Bool, removal: ProgressRemoval? = nil) {
        self.events = events
        self.position = position
        self.isFinished = isFinished
        self.removal = removal
    }
}

/// Why an operation is no longer there.
public enum ProgressRemoval: Sendable, Hashable {
    /// Someone deleted it.
    case deleted
    /// Its retention is over.
    case expired
}
