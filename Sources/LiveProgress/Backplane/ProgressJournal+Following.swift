// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

extension ProgressJournal {
    /// Takes what the operation's node has written, and wakes the watchers of this node.
    ///
    /// - Parameter change: A change of the operation; one of another run is ignored.
    package func follow(_ change: StoredOperation) {
        // Following refuses nothing, so this cannot throw.
        _ = try? write { core, now in core.follow(change, now: now) }
    }
}
