// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Synchronization

@testable import LiveProgressCLI

/// The reports that `run` publishes for a timed output, with a clock that the test controls.
struct RunPlayback {
    /// All reports; the last report has the outcome.
    private(set) var reports: [ProgressReport] = []

    /// Plays an output to its end, and takes reports as the publisher does.
    init(_ output: TimedOutput, isSuccess: Bool = true, _ patterns: [ParseProfile] = []) {
        let clock = Clock()
        let feed = RunFeed(outputCount: 1, now: { clock.now })
        var reading = RunReading(of: feed, patterns: patterns)
        func ask(until time: Int) {
            while clock.milliseconds < time {
                clock.milliseconds += min(50, time - clock.milliseconds)
                if let report = reading.takeReport().report { reports.append(report) }
            }
        }
        for piece in output {
            ask(until: piece.at)
            feed.take(Array(piece.text.utf8), from: 0)
            if let report = reading.takeReport().report { reports.append(report) }
        }
        feed.finish()
        if let report = reading.finalReport(isSuccess: isSuccess) { reports.append(report) }
    }

    /// The counts of the reports without repetitions; a report without counts does not change them.
    var counts: [Counts] {
        var all: [Counts] = []
        for report in reports {
            guard let completed = report.completedCount else { continue }
            let counts = Counts(completed: completed, total: report.totalCount?.count, unit: report.unit ?? "")
            if counts != all.last { all.append(counts) }
        }
        return all
    }

    var units: Set<String> { Set(counts.map(\.unit)) }

    var phases: [Int64] { counts.filter { $0.unit == "phases" && $0.total == nil }.map(\.completed) }

    struct Counts: Hashable {
        var completed: Int64
        var total: Int64?
        var unit: String
    }

    private final class Clock: Sendable {
        private let value = Mutex(0)
        var milliseconds: Int {
            get { value.withLock(\.self) }
            set { value.withLock { $0 = newValue } }
        }
        var now: Duration { .milliseconds(milliseconds) }
    }
}
