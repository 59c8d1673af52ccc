// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

// A worker that reports to the server or the operation of its environment:
//
//     LIVE_PROGRESS_SERVER=http://127.0.0.1:8080 worker count 100
//     LIVE_PROGRESS_SERVER=http://127.0.0.1:8080 worker divide 30 70
//
// `count N` counts N steps. `divide A B …` starts a worker for each share of the work, which counts a hundred steps.

import Foundation
import LiveProgress
import LiveProgressClient

/// Writes a line at once, also to a pipe.
func say(_ line: String) {
    FileHandle.standardOutput.write(Data("\(line)\n".utf8))
}

func count(_ steps: Int) async throws -> JSONValue {
    for step in (1...steps).trackingProgress() {
        ProgressTracker.current.update("Step \(step)")
        try await Task.sleep(for: .milliseconds(20))
    }
    return ["steps": .integer(Int64(steps))]
}

func divide(_ shares: [Int64]) async throws {
    let tracker = ProgressTracker.current
    tracker.update("Dividing")
    tracker.setCounts(total: shares.reduce(0, +))
    try await withThrowingTaskGroup { group in
        for share in shares {
            let part = try await tracker.share(assigning: share).handOver("Part of \(share)")
            try start(["count", "100"], environment: part.environment)
            group.addTask { try await part.result() }
        }
        // Each part is waited for, so that one failure does not hide the ends of the others.
        var failure: (any Error)?
        while let result = await group.nextResult() {
            if case .failure(let error) = result { failure = failure ?? error }
        }
        if let failure { throw failure }
    }
}

func start(_ arguments: [String], environment: [String: String]) throws {
    let process = Process()
    process.executableURL = URL(filePath: CommandLine.arguments[0])
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    try process.run()
    say("\(process.processIdentifier)")
}

let arguments = CommandLine.arguments.dropFirst()
let numbers = arguments.dropFirst().compactMap { Int64($0) }
guard let command = arguments.first, ["count", "divide"].contains(command), let first = numbers.first, first > 0 else {
    say("usage: worker count STEPS | worker divide SHARE...")
    exit(2)
}
do {
    try await ProgressClient.fromEnvironment().run("Worker \(command)") { tracker in
        if let link = tracker.link { say(link.watching) }
        if command == "divide" {
            try await divide(numbers)
        } else {
            tracker.succeed(result: try await count(Int(first)))
        }
    }
} catch is CancellationError {
    say("cancelled")
    exit(3)
} catch {
    say("failed: \(error)")
    exit(1)
}
