// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
let service = ProgressService()

// The work: created, in context, cancellable by watchers, and ended as it ends, whether it returns, throws or is cancelled.
let job = try service.start("Import customers") { tracker in
    tracker.setCounts(total: 100, unit: "rows")
    readFiles(tracker.share(assigning: 30))
    tracker.update("Inserting", details: ["table": "customers"])
    for _ in 0..<70 { try await insertRow() }
}

func readFiles(_ share: consuming ProgressShare) {
    let part = share.start(totalCount: 3)  // a count of its own, worth 30 rows of the whole
    for _ in 1...3 { part.advance() }
}

func insertRow() async throws {
    try await Task.sleep(for: .milliseconds(2))
    ProgressTracker.current.advance()  // deep in a call stack; does nothing where nobody asked for progress
}

// A watcher: first the current snapshot, then every newer one, and always the end, however late it comes.
for try await snapshot in try service.stream(job.id) {
    print(snapshot.status, snapshot.state, snapshot.counts?.fractionCompleted ?? 0)
}
