// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressClient

/// The code of the article "Watching".
enum Watching {
    static func inProcess(_ service: ProgressService, _ id: ProgressID) async throws {
        for try await snapshot in try service.stream(id) {
            print(snapshot.status, snapshot.state, snapshot.fractionCompleted ?? 0)
        }
    }

    static func remote(_ id: ProgressID) async throws {
        let client = try ProgressClient(url: "http://127.0.0.1:8080")
        for try await event in client.events(of: id) {
            print(event.snapshot.status, event.snapshot.state, "skipped:", event.skipped)
        }
    }

    static func all(_ service: ProgressService) async throws {
        let query = ProgressQuery(labels: ["team": "data"])
        for snapshot in service.list(query).snapshots { print(snapshot.id, snapshot.state) }

        for await event in service.events(matching: query) {
            switch event {
            case .changed(let snapshot): print(snapshot.id, snapshot.state)
            case .removed(let id): print(id, "was deleted or has expired")
            }
        }
    }
}
