// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// Turns what was found in a command's output into reports: the newest word, not too often.
///
/// What bars say of the operation, ``ProgressBars`` knows; the figures of the one that is on stand in the details.
struct RunReporter: Sendable {
    /// How often, and how much.
    struct Configuration: Sendable, Hashable {
        /// The least time between two reports.
        var interval = Duration.milliseconds(100)
        /// How long a bar must go on before it counts as the operation's.
        var settling = Duration.milliseconds(500)
        /// The longest step or line told, in characters.
        var maximumTextLength = 200
    }

    /// The step before the command has said anything.
    static let initialStep = "Running"

    private let configuration: Configuration
    private let profile: any OutputProfile

    private var step = Self.initialStep
    private var line: String?
    private var amount: LineReading?
    /// What earlier transfers of an unknown total came to.
    private var earlierAmount: Int64 = 0
    private var bars: ProgressBars
    private var heedsTerminalOnly = false
    private var isChanged = false
    private var lastReport: ProgressReport?
    private var lastTime: Duration?

    init(configuration: Configuration = Configuration(), profile: any OutputProfile = OutputProfiles.all) {
        self.configuration = configuration
        self.profile = profile
        bars = ProgressBars(settling: configuration.settling)
    }

    /// Whether there is something that ``takeReport(at:)`` has still to tell, now or later.
    var isWaiting: Bool { isChanged || bars.isWaiting }

    /// Hears of something found in the output; times are since the command's start.
    mutating func take(_ event: ProgressScanner.Event, at now: Duration) {
        switch event {
        case .line(let line): take(line, at: now)
        case .progress(let progress): take(progress, at: now)
        }
    }

    /// Hears a line: one that ended, or one that has stood unfinished for a while.
    mutating func take(_ line: OutputLine, at now: Duration) {
        guard let reading = profile.read(line) else { return }
        if let step = reading.step { self.step = step.shortened(to: configuration.maximumTextLength) }
        isChanged = true
        guard !heedsTerminalOnly else { return }
        if let bar = ProgressBar(reading, isLineEnded: line.isEnded, at: now) {
            self.line = line.text.shortened(to: configuration.maximumTextLength)
            amount = nil
            bars.draw(bar)
        } else if let count = reading.completedCount {
            self.line = line.text.shortened(to: configuration.maximumTextLength)
            if let last = amount?.completedCount, count < last { earlierAmount = Self.sum(earlierAmount, last) }
            amount = reading
        } else if reading.step != nil {
            self.line = nil
        }
    }

    private mutating func take(_ progress: TerminalProgress, at now: Duration) {
        isChanged = true
        line = nil
        amount = nil
        switch progress.state {
        case .removed:
            heedsTerminalOnly = false
            bars.end()
        case .indeterminate:
            heedsTerminalOnly = true
            bars.hide()
        case .normal, .failing, .paused:
            heedsTerminalOnly = true
            let reading = LineReading(percent: progress.percent)
            if let bar = ProgressBar(reading, isLineEnded: false, at: now) { bars.draw(bar) }
        }
    }

    /// The report that is due, or `nil` where there is nothing new or the last was too short a time ago.
    mutating func takeReport(at now: Duration) -> ProgressReport? {
        if bars.settle(at: now) { isChanged = true }
        guard isChanged else { return nil }
        if let lastTime, now - lastTime < configuration.interval { return nil }
        isChanged = false
        let report = currentReport
        guard report != lastReport else { return nil }
        lastReport = report
        lastTime = now
        return report
    }

    /// What there is to tell with the end, however recent the last report is, or `nil` where all is told.
    ///
    /// With a success all is done, whatever was drawn last: no figure says less.
    mutating func finalReport(isSuccess: Bool, at now: Duration) -> ProgressReport? {
        _ = bars.settle(at: now)
        if isSuccess {
            bars.succeed()
            if amount == nil { line = nil }
        }
        let report = currentReport
        return report == lastReport ? nil : report
    }

    private var currentReport: ProgressReport {
        var details: JSONObject = [:]
        if let percent = bars.percent { details["percentComplete"] = .number((percent * 10).rounded() / 10) }
        if let line { details["line"] = .string(line) }
        var report = ProgressReport(state: step, details: details.isEmpty ? .null : .object(details))
        if let counts = bars.counts {
            report.completedCount = counts.completed
            report.totalCount = .some(counts.total)
            report.unit = counts.unit
        } else if let amount, let count = amount.completedCount {
            report.completedCount = Self.sum(earlierAmount, count)
            report.totalCount = .some(nil)
            report.unit = amount.unit
        }
        return report
    }

    /// The sum of two amounts; stays at the greatest number instead of overflowing.
    private static func sum(_ one: Int64, _ other: Int64) -> Int64 {
        let (sum, hasOverflowed) = one.addingReportingOverflow(other)
        return hasOverflowed ? .max : sum
    }
}
