// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressClient

/// The code of the article "Resuming".
enum Resuming {
    static func watcher(_ client: ProgressClient, _ id: ProgressID, from cursor: ProgressCursor?) async throws {
        var cursor = cursor
        for try await event in client.events(of: id, from: cursor) {
            if event.resumed == false { print("The journal no longer has the old place.") }
            if event.skipped > 0 { print("\(event.skipped) revisions were skipped.") }
            cursor = event.snapshot.cursor
        }
        print(cursor?.description ?? "")  // store it to go on from here later
    }

    static func worker(_ tracker: ProgressTracker) {
        tracker.setCounts(completed: 130, total: 400, unit: "rows", baseline: 130)
    }

    static func attempt(_ tracker: ProgressTracker) {
        tracker.beginAttempt("Retrying", details: ["reason": "The database was restarted."])
    }

    static func compareAndSet(_ client: ProgressClient, _ id: ProgressID) async throws {
        let seen = try await client.get(id)
        _ = try await client.report(id, ProgressReport(state: "Verifying"), ifMatch: seen.cursor)
    }
}
