// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Synchronization

@testable import LiveProgressCLI

/// What is published of an output that comes piece by piece, at a time of the test's own.
struct RunPlayback {
    /// All reports, the one with the end last.
    private(set) var reports: [ProgressReport] = []

    /// Plays an output to its end, and asks for reports as the one who publishes does.
    init(_ output: TimedOutput, isSuccess: Bool = true) {
        let clock = Clock()
        let feed = RunFeed(outputCount: 1) { clock.now }
        func ask(until time: Int) {
            while clock.milliseconds < time {
                clock.milliseconds += min(50, time - clock.milliseconds)
                if let report = feed.takeReport().report { reports.append(report) }
            }
        }
        for piece in output {
            ask(until: piece.at)
            feed.take(Array(piece.text.utf8), from: 0)
            if let report = feed.takeReport().report { reports.append(report) }
        }
        feed.finish()
        if let report = feed.finalReport(isSuccess: isSuccess) { reports.append(report) }
    }

    /// The counts that were told, without repetitions: what a report does not say stays as it was.
    var counts: [Counts] {
        var all: [Counts] = []
        for report in reports {
            guard let completed = report.completedCount else { continue }
            let counts = Counts(completed: completed, total: report.totalCount ?? nil, unit: report.unit ?? "")
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
