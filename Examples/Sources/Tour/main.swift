// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

let service = ProgressService()

let job = try service.start("Import customers") { tracker in
    tracker.update("Inserting")
    tracker.setCounts(total: 100, unit: "rows")
    for _ in 0..<100 { try await insertRow() }
}

func insertRow() async throws {
    try await Task.sleep(for: .milliseconds(2))
    ProgressTracker.current.advance()  // does nothing outside an operation
}

for try await snapshot in try service.stream(job.id) {
    print(snapshot.status, snapshot.state, snapshot.fractionCompleted ?? 0)
}
