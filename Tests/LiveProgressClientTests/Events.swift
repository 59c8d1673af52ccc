// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import LiveProgress

/// Returns a snapshot with defaults for the tests of this folder.
func snapshot(
    _ revision: UInt64,
    epoch: String = "k3f9",
    status: ProgressStatus = .running,
    state: String = "Processing",
    counts: ProgressCounts? = nil,
    outcome: ProgressOutcome? = nil
) -> ProgressSnapshot {
    ProgressSnapshot(
        id: ProgressID("import-7"),
        cursor: ProgressCursor(epoch: epoch, revision: revision),
        status: outcome?.status ?? status,
        state: state,
        counts: counts,
        outcome: outcome,
        createdAt: Date(timeIntervalSince1970: 0),
        updatedAt: Date(timeIntervalSince1970: 0)
    )
}

/// Returns an event whose snapshot has the given revision.
func event(
    _ kind: ProgressEvent.Kind,
    _ revision: UInt64,
    epoch: String = "k3f9",
    skipped: UInt64 = 0,
    resumed: Bool? = nil
) -> ProgressEvent {
    ProgressEvent(
        kind: kind,
        snapshot: snapshot(revision, epoch: epoch, outcome: kind == .end ? .succeeded() : nil),
        skipped: skipped,
        resumed: resumed
    )
}
