// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@testable internal import LiveProgress

extension JournalModel.Revision {
    init(_ snapshot: ProgressSnapshot) {
        self.init(
            revision: snapshot.revision,
            status: snapshot.status,
            state: snapshot.state,
            details: snapshot.details,
            completed: snapshot.counts?.completedCount,
            total: snapshot.counts?.totalCount,
            attempt: snapshot.attempt,
            title: snapshot.title,
            isCancellable: snapshot.isCancellable,
            outcome: snapshot.outcome
        )
    }
}
