// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressSQLite

/// The code of the article "Keeping operations".
enum Keeping {
    static func store() async throws {
        let service = try await ProgressService(store: SQLiteStore(path: "progress.sqlite"))
        await service.close()
    }

    static func commit(_ tracker: ProgressTracker) async throws {
        tracker.succeed(result: ["rows": 7])
        try await tracker.committed()
    }

    static func restart(_ service: ProgressService) throws {
        let tracker = try service.resumeProgress("import-7")
        tracker.update("Inserting")
    }
}
