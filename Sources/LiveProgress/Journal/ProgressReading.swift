// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The result of one read of a journal.
package struct ProgressReading: Sendable {
    /// The new events, in strictly increasing order of revisions.
    package let events: [ProgressEvent]
    /// The revision to pass to the next read.
    package let position: UInt64
    /// Whether the end has been read, now or earlier; nothing follows the end.
    package let isFinished: Bool
    /// The reason why the operation was removed, or `nil` if it was not; nothing follows a removal.
    package let removal: ProgressRemoval?

    /// Creates a reading with the given members.
    package init(events: [ProgressEvent], position: UInt64, isFinished: Bool, removal: ProgressRemoval? = nil) {
        self.events = events
        self.position = position
        self.isFinished = isFinished
        self.removal = removal
    }
}

/// The reason why an operation was removed.
package enum ProgressRemoval: Sendable, Hashable {
    /// The operation was deleted.
    case deleted
    /// The operation's retention is over.
    case expired
    /// Another node has the operation now; its watchers must connect again.
    case moved
}
