// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressClient

/// The code of the article "Asking a person".
enum Asking {
    static func worker(_ tracker: ProgressTracker) async throws {
        let answer = try await tracker.ask(
            "Apply 3 changes?",
            choices: ["yes", "no"],
            default: "no",
            within: .seconds(600)
        )
        if answer == "yes" { tracker.update("Applying") }
    }

    static func person(_ client: ProgressClient, _ id: ProgressID) async throws {
        let snapshot = try await client.get(id)
        if let open = snapshot.waitingFor, open.question.choices.contains("yes") {
            try await client.answer(id, "yes", number: open.number)
        }
    }
}
