// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// Runs the code of the article "Getting started".
func gettingStarted() async throws {
    let service = ProgressService()
    let job = try service.start("Import customers") { tracker in
        tracker.setCounts(total: 100, unit: "rows")
        tracker.update("Inserting", details: ["table": "customers"])
        for _ in 0..<100 {
            try await insertRow()
            tracker.advance()
        }
    }

    for try await snapshot in try service.stream(job.id) {
        print(snapshot.status, snapshot.state, snapshot.fractionCompleted ?? 0)
    }
}

func insertRow() async throws {
    try await Task.sleep(for: .milliseconds(2))
}
