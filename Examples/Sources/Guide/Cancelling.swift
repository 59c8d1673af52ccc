// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressClient

/// The code of the article "Cancelling".
enum Cancelling {
    static func task(_ service: ProgressService) throws {
        let job = try service.start("Import customers") { tracker in
            for _ in 0..<100 {
                try await insertRow()  // throws CancellationError after a request
                tracker.advance()
            }
        }
        print(job.id)
    }

    static func worker(_ service: ProgressService, rows: [String]) throws {
        let options = ProgressOptions(title: "Import customers", isCancellable: true)
        let tracker = try service.createProgress(options: options)
        for row in rows {
            if tracker.isCancellationRequested {
                tracker.cancel()
                return
            }
            tracker.update("Inserting", details: ["row": .string(row)])
        }
        tracker.succeed()
    }

    static func watcher(_ client: ProgressClient, _ id: ProgressID) async throws {
        let snapshot = try await client.cancel(id)
        print(snapshot.status)  // cancelling, until the worker ends the operation
    }
}
