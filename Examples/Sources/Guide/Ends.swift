// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressClient

/// The code of the article "Ends and errors".
enum Ends {
    static func outcome(of snapshot: ProgressSnapshot) {
        switch snapshot.outcome {
        case .succeeded(let result): print("succeeded:", result ?? .null)
        case .failed(let problem): print("failed:", problem.title, problem.detail ?? "")
        case .cancelled: print("cancelled")
        case nil: print("not over yet")
        }
    }

    static func problem(_ tracker: ProgressTracker) {
        let problem = ProgressProblem(title: "The file cannot be read", detail: "customers.csv has no header.")
        tracker.end(.failed(problem))
    }

    static func create(_ service: ProgressService) throws {
        do {
            _ = try service.createProgress(id: "nightly")
        } catch {
            if error.code == .alreadyExists { print("The last run has not ended yet.") }
        }
    }

    static func remote(_ client: ProgressClient, _ id: ProgressID) async throws {
        do {
            print(try await client.get(id).state)
        } catch {
            switch error.code {
            case .unknown, .gone: print("There is no such operation.")
            case .unauthenticated, .forbidden: print("The token does not permit this.")
            default: print(error.message)
            }
        }
    }
}
