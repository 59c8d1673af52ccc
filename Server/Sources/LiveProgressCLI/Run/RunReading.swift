// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// Reads what a ``RunFeed`` has found: makes the reports, and keeps the last lines of standard error.
struct RunReading: Sendable {
    private let feed: RunFeed
    private let errorOutput: Int
    private var reporter: RunReporter
    private var tail = OutputTail()

    /// Creates a reading.
    ///
    /// - Parameters:
    ///   - feed: The feed.
    ///   - errorOutput: The number of the output that is standard error.
    ///   - configuration: The frequency and the size of reports.
    ///   - patterns: The user's own profiles, which are tried first.
    init(
        of feed: RunFeed,
        errorOutput: Int = 0,
        configuration: RunReporter.Configuration = RunReporter.Configuration(),
        patterns: [ParseProfile] = []
    ) {
        self.feed = feed
        self.errorOutput = errorOutput
        reporter = RunReporter(configuration: configuration, profile: OutputProfiles.all(after: patterns))
    }

    /// Returns the report that is due now, if any, and whether to call this function again later, before the next change.
    mutating func takeReport() -> (report: ProgressReport?, isWaiting: Bool) {
        let batch = read()
        let report = reporter.takeReport(at: batch.time)
        return (report, (batch.isWaiting || reporter.isWaiting) && !batch.isFinished)
    }

    /// Returns the last report before the end, or `nil` if everything is reported.
    mutating func finalReport(isSuccess: Bool) -> ProgressReport? {
        let batch = read()
        return reporter.finalReport(isSuccess: isSuccess, at: batch.time)
    }

    /// Returns what programs have reported since the last call, in order.
    mutating func takeStatuses() -> [ProgramStatus] {
        _ = read()
        return reporter.takeStatuses()
    }

    /// Returns the last lines of standard error.
    mutating func lastLines() -> [String] {
        _ = read()
        return tail.lines
    }

    private mutating func read() -> RunFeed.Batch {
        let batch = feed.takeBatch()
        for (event, output, time) in batch.found {
            reporter.take(event, at: time)
            if output == errorOutput, case .line(let line) = event { tail.append(line) }
        }
        for line in batch.standing { reporter.take(line, at: batch.time) }
        return batch
    }
}
