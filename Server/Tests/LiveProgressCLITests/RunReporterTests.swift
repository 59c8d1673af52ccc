// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Testing

@testable import LiveProgressCLI

@Suite struct RunReporterTests {
    static func line(_ text: String, redrawn: Bool = false) -> ProgressScanner.Event {
        .line(OutputLine(text: text, isRedrawn: redrawn))
    }

    /// Feeds one line per second, and returns the reports that are due 600 ms after each line.
    static func reports(_ output: String) -> [ProgressReport] {
        var reporter = RunReporter()
        var reports: [ProgressReport] = []
        for (second, event) in RunScannerTests.events(output).enumerated() {
            reporter.take(event, at: .seconds(second))
            if let report = reporter.takeReport(at: .milliseconds(second * 1000 + 600)) { reports.append(report) }
        }
        return reports
    }

    static func fractions(_ reports: [ProgressReport]) -> [Double] {
        reports.compactMap { report in
            guard let done = report.completedCount, let total = report.totalCount?.count else { return nil }
            return Double(done) / Double(total)
        }
    }

    @Test("The last line of the output is the state")
    func tellsSteps() {
        var reporter = RunReporter()
        reporter.take(Self.line("one"), at: .zero)
        reporter.take(Self.line("two"), at: .zero)
        #expect(reporter.takeReport(at: .zero) == ProgressReport(state: "two", details: .null))
        #expect(reporter.takeReport(at: .seconds(1)) == nil)
    }

    @Test("A state is reported at most once per interval; the newest one is reported at the end of the interval")
    func limitsRate() {
        var reporter = RunReporter()
        var count = 0
        for millisecond in 0..<1000 {
            reporter.take(Self.line("line \(millisecond)"), at: .milliseconds(millisecond))
            if reporter.takeReport(at: .milliseconds(millisecond)) != nil { count += 1 }
        }
        #expect(count == 10)
        #expect(reporter.isWaiting)
        #expect(reporter.takeReport(at: .seconds(2))?.state == "line 999")
        #expect(!reporter.isWaiting)
    }

    @Test("A phase sets the counts after it has lasted 500 ms; its percentage is in the details immediately")
    func settlesPhases() {
        var reporter = RunReporter()
        reporter.take(Self.line("Load 10%", redrawn: true), at: .zero)
        let first = reporter.takeReport(at: .zero)
        #expect(first?.state == "Load" && first?.completedCount == nil)
        #expect(first?.details?["percentComplete"]?.doubleValue == 10)
        #expect(first?.details?["line"]?.stringValue == "Load 10%")
        #expect(reporter.isWaiting)
        let second = reporter.takeReport(at: .milliseconds(500))
        #expect(second?.completedCount == 10 && second?.totalCount == .some(100) && second?.unit == "%")
        #expect(!reporter.isWaiting)
    }

    static let risingTools = [
        Recording("curl", RunFixtures.curlMeter), Recording("curl -#", RunFixtures.curlBar),
        Recording("curl -L", RunFixtures.curlRedirect), Recording("wget", RunFixtures.wgetDots),
        Recording("wget with a bar", RunFixtures.wgetBar), Recording("rsync", RunFixtures.rsync),
        Recording("tqdm", RunFixtures.tqdm), Recording("pv", RunFixtures.pv), Recording("cmake", RunFixtures.cmake),
    ]

    @Test("Invariant 8: the output of real programs gives a fraction that rises to 1", arguments: risingTools)
    func fractionsRise(recording: Recording) {
        let fractions = Self.fractions(Self.reports(recording.output))
        #expect(fractions.count >= 3)
        #expect(fractions == fractions.sorted())
        #expect(fractions.last == 1)
    }

    @Test("Short phases before a lasting phase do not set the counts of the operation")
    func skipsQuickPhases() {
        var reporter = RunReporter()
        for percent in [0, 50, 100] { reporter.take(Self.line("Lists \(percent)%", redrawn: true), at: .zero) }
        reporter.take(Self.line("Download 1%", redrawn: true), at: .milliseconds(300))
        #expect(reporter.takeReport(at: .milliseconds(700))?.completedCount == nil)
        reporter.take(Self.line("Download 2%", redrawn: true), at: .seconds(1))
        #expect(reporter.takeReport(at: .seconds(1))?.completedCount == 2)
    }

    @Test("Invariant 8: a percentage that falls a little within a phase does not lower the count")
    func holdsJitter() {
        var reporter = RunReporter()
        reporter.take(Self.line("50%", redrawn: true), at: .zero)
        reporter.take(Self.line("48%", redrawn: true), at: .seconds(1))
        #expect(reporter.takeReport(at: .seconds(1))?.completedCount == 50)
    }

    @Test("Invariant 8: the second phase has no fraction; its percentage is in the details")
    func countsLaterPhases() {
        var reporter = RunReporter()
        for second in 0...2 { reporter.take(Self.line("a \(second * 50)%", redrawn: true), at: .seconds(second)) }
        #expect(reporter.takeReport(at: .seconds(2))?.completedCount == 100)
        reporter.take(Self.line("b 3%", redrawn: true), at: .seconds(3))
        let report = reporter.takeReport(at: .seconds(5))
        #expect(report?.totalCount == .unknown)
        #expect(report?.completedCount == 1 && report?.unit == "phases")
        #expect(report?.details?["percentComplete"]?.doubleValue == 3)
        #expect(!reporter.isWaiting)
    }

    @Test("Progress escape codes take precedence over percentages in the text, until the program removes the progress")
    func prefersTerminalProgress() {
        var reporter = RunReporter()
        reporter.take(.progress(TerminalProgress(state: .normal, percent: 20)), at: .zero)
        reporter.take(Self.line("90%", redrawn: true), at: .milliseconds(100))
        let report = reporter.takeReport(at: .seconds(1))
        #expect(report?.completedCount == 20)
        reporter.take(.progress(TerminalProgress(state: .removed)), at: .seconds(2))
        reporter.take(Self.line("Next 10%", redrawn: true), at: .seconds(3))
        #expect(reporter.takeReport(at: .seconds(3))?.details?["percentComplete"]?.doubleValue == 10)
    }

    @Test("Indeterminate progress has no percentage")
    func tellsIndeterminate() {
        var reporter = RunReporter()
        reporter.take(.progress(TerminalProgress(state: .normal, percent: 20)), at: .zero)
        reporter.take(.progress(TerminalProgress(state: .indeterminate)), at: .milliseconds(10))
        #expect(reporter.takeReport(at: .seconds(1)) == ProgressReport(state: RunReporter.initialStep, details: .null))
    }

    @Test("Bytes are counted if the total is unknown")
    func countsBytes() {
        let last = Self.reports(RunFixtures.curlWithoutLength).last
        #expect(last?.completedCount == 19_922_944 && last?.totalCount == .unknown && last?.unit == "bytes")
    }

    @Test("Invariant 10: a long line is shortened")
    func boundsText() {
        var reporter = RunReporter()
        reporter.take(Self.line(String(repeating: "é", count: 5000)), at: .zero)
        let state = reporter.takeReport(at: .zero)?.state
        #expect(state?.count == 200 && state?.last == "…")
    }
}
