// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Foundation
import LiveProgress
import LiveProgressClient

/// The code of the article "Reporting".
enum Reporting {
    static func importCustomers(_ rows: [String], reportingTo tracker: ProgressTracker) async throws {
        tracker.update("Reading", details: ["file": "customers.csv"])
        tracker.setCounts(total: Int64(rows.count), unit: "rows")
        for row in rows {
            try await insert(row)
            tracker.advance()
        }
        tracker.succeed(result: ["rows": .integer(Int64(rows.count))])
    }

    static func context(_ service: ProgressService, rows: [String]) async throws {
        let tracker = try service.createProgress(options: ProgressOptions(title: "Import customers"))
        try await withProgress(tracker) {
            for row in rows.trackingProgress() { try await insert(row) }
        }
        tracker.succeed()
    }

    static func insert(_ row: String) async throws {
        ProgressTracker.current.update("Inserting", details: ["row": .string(row)])
    }

    static func parts(_ tracker: ProgressTracker) {
        tracker.setCounts(total: 100)
        let part = tracker.share(assigning: 30).start(totalCount: 3)
        for _ in 1...3 { part.advance() }
        part.finish()
    }

    static func firstWatcher(_ tracker: ProgressTracker) async throws {
        let isWatched = try await tracker.startSignal.wait(timeout: .seconds(5))
        tracker.update(isWatched ? "Reading" : "Reading without a watcher")
    }

    static func otherProcess() async throws {
        let client = try ProgressClient(url: "http://127.0.0.1:8080")
        try await client.run("Import customers") { tracker in
            tracker.update("Reading", details: ["file": "customers.csv"])
            tracker.advance(by: 10)
        }
    }

    static func separateEnd(_ client: ProgressClient) async throws {
        let tracker = try await client.createProgress(options: ProgressOptions(title: "Import customers"))
        if let link = tracker.link { print("Watch it at \(link.watching)") }
        tracker.succeed()
        if try await !tracker.delivered(within: .seconds(5)) { print("The server does not have the end.") }
    }

    static func environment(_ rows: [String]) async throws {
        let client = try ProgressClient.fromEnvironment()
        try await client.run("Import customers") { _ in
            for row in rows.trackingProgress() { try await insert(row) }
        }
    }

    static func handOver(
        _ tracker: ProgressTracker,
        start process: Process
    ) async throws {
        let upload = try await tracker.share(assigning: 30).handOver("Upload")
        process.environment = ProcessInfo.processInfo.environment.merging(upload.environment) { $1 }
        do { try process.run() } catch { try await upload.fail(error) }
        let result = try await upload.result()
        print(result ?? .null)
    }
}
