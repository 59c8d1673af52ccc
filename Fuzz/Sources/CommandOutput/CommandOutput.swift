// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport
internal import LiveProgress

@testable internal import LiveProgressCLI

/// Checks one input, which a command writes to its terminal.
public func checkInput(_ bytes: [UInt8]) {
    var cuts = Cuts(of: bytes)
    let whole = scan([bytes[...]])
    expectEqual(whole, scan(cuts.pieces(of: bytes)), "whole and in pieces")
    expectEqual(whole, scan(bytes.indices.map { bytes[$0...$0] }), "whole and byte by byte")
    for event in whole.events { check(event) }
    if let line = whole.unfinished { check(.line(line)) }
    checkReports(whole.events)
}

private struct Scan: Equatable {
    var events: [ProgressScanner.Event] = []
    var unfinished: OutputLine?
}

private func scan(_ pieces: [ArraySlice<UInt8>]) -> Scan {
    var scanner = ProgressScanner()
    var scan = Scan()
    for piece in pieces { scan.events += scanner.take(piece) }
    scan.unfinished = scanner.unfinishedLine
    scan.events += scanner.finish()
    return scan
}

/// Checks that lines are printable and that figures are within their bounds.
private func check(_ event: ProgressScanner.Event) {
    switch event {
    case .progress(let progress):
        expect(progress.percent.map { (0...100).contains($0) } ?? true, "\(progress)")
    case .status(let status):
        expect(status.percent.map { (0...100).contains($0) } ?? true, "\(status)")
        expect(status.path.count <= 8, "\(status)")
    case .reset, .prompt: break
    case .line(let line):
        expect(!line.text.isEmpty, "an empty line")
        expect(line.text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }, "a control: \(line)")
        for isRedrawn in [true, false] {
            var profiles = OutputProfiles.all
            check(profiles.read(OutputLine(text: line.text, isRedrawn: isRedrawn)), of: line)
        }
    }
}

private func check(_ reading: LineReading?, of line: OutputLine) {
    guard let reading else { return }
    expect(reading.percent.map { (0...100).contains($0) } ?? true, "\(reading) of \(line)")
    expect(reading.step != "", "an empty step of \(line)")
    let completed = reading.completedCount ?? 0
    expect(completed >= 0 && completed <= reading.totalCount ?? .max, "\(reading) of \(line)")
}

/// Checks that reports are consistent, not empty and never repeated, and that a success completes all counts.
private func checkReports(_ events: [ProgressScanner.Event]) {
    var reporter = RunReporter()
    var tail = OutputTail()
    var last: ProgressReport?
    var now = Duration.zero
    for event in events {
        reporter.take(event, at: now)
        if case .line(let line) = event { tail.append(line) }
        expect(tail.lines.count <= OutputTail.errorLineCount, "a tail of \(tail.lines.count) lines")
        if let report = reporter.takeReport(at: now) {
            expect(report != last, "twice: \(report)")
            check(report)
            check(report, after: last)
            last = report
        }
        now += .milliseconds(70)
    }
    var failing = reporter
    if let report = failing.finalReport(isSuccess: false, at: now) {
        check(report)
        check(report, after: last)
    }
    if let report = reporter.finalReport(isSuccess: true, at: now) {
        check(report)
        checkComplete(report)
    }
}

/// Checks that counted phases and completed percentages do not fall.
private func check(_ report: ProgressReport, after last: ProgressReport?) {
    guard let last, last.unit == "phases" || last.unit == "%", let completed = report.completedCount else { return }
    guard report.unit == last.unit else {
        return expect(last.unit == "%", "no more phases: \(report) after \(last)")
    }
    expect(completed >= last.completedCount ?? 0, "less: \(report) after \(last)")
}

/// Checks that a report of success shows no unfinished work.
private func checkComplete(_ report: ProgressReport) {
    expect(report.details?["percentComplete"] == nil, "still under way: \(report)")
    if report.unit == "phases" { expect(report.completedCount == report.totalCount?.count, "phases left: \(report)") }
    guard let total = report.totalCount?.count else { return }
    expect(report.completedCount == total, "not complete: \(report)")
}

private func check(_ report: ProgressReport) {
    expect(report.state?.isEmpty == false, "without a state: \(report)")
    let completed = report.completedCount ?? 0
    let total = report.totalCount?.count ?? .max
    expect(completed >= 0 && completed <= total, "wrong counts: \(report)")
    if let percent = report.details?["percentComplete"]?.doubleValue {
        expect((0...100).contains(percent), "wrong percentage: \(report)")
    }
}
