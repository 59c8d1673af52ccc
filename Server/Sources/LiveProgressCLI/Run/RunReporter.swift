// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// Creates reports from the scanned output of a command, at a limited rate.
///
/// ``ProgressBars`` computes the operation's counts. The details of a report have the percentage and the line of the
/// visible bar.
struct RunReporter: Sendable {
    /// The frequency and the size of reports.
    struct Configuration: Sendable, Hashable {
        /// The shortest time between two reports.
        var interval = Duration.milliseconds(100)
        /// The time for which a bar must be drawn before it determines the operation's counts.
        var settling = Duration.milliseconds(500)
        /// The maximum length of a reported step or line, in characters.
        var maximumTextLength = 200
        /// The number of the last lines in the details; 0 without them.
        var logLineCount = 0
    }

    /// The step before the command's first output.
    static let initialStep = "Running"

    private let configuration: Configuration
    private var profile: any OutputProfile

    private var step = Self.initialStep
    private var line: String?
    private var amount: LineReading?
    /// The sum of earlier transfers with an unknown total.
    private var earlierAmount: Int64 = 0
    private var bars: ProgressBars
    private var programs = ProgramRecords()
    /// What programs have reported since the last ``takeStatuses()``.
    private var statuses: [ProgramStatus] = []
    /// The question of the last report.
    private var question: ProgressQuestion?
    private var log: OutputTail
    private var heedsTerminalOnly = false
    /// The time from which bars in lines are read again, after a program has removed its own progress.
    private var readsLinesAt = Duration.zero
    private var isChanged = false
    private var lastReport: ProgressReport?
    private var lastTime: Duration?

    init(configuration: Configuration = Configuration(), profile: any OutputProfile = OutputProfiles.all) {
        self.configuration = configuration
        self.profile = profile
        bars = ProgressBars(settling: configuration.settling)
        log = OutputTail(maximumLineCount: configuration.logLineCount)
    }

    /// Whether ``takeReport(at:)`` may return a report now or later.
    var isWaiting: Bool { isChanged || bars.isWaiting }

    /// Handles an event of the scanner; times are since the command's start.
    mutating func take(_ event: ProgressScanner.Event, at now: Duration) {
        switch event {
        case .line(let line):
            log.append(line)
            take(line, at: now)
        case .progress(let progress): if !programs.isUsed { take(progress, at: now) }
        case .status(let status):
            statuses.append(status)
            programs.apply(status)
            followPrograms(at: now)
        case .reset:
            statuses.append(.clearAll)
            programs.reset()
            heedsTerminalOnly = false
        case .prompt:
            statuses += programs.clearedRunning()
            programs.dropRunning()
            if programs.isUsed { followPrograms(at: now) }
        }
    }

    /// Handles a line: a finished line, or an unfinished line without new bytes for a while.
    mutating func take(_ line: OutputLine, at now: Duration) {
        guard let reading = profile.read(line) else { return }
        if let step = reading.step, programs.step == nil {
            self.step = step.shortened(to: configuration.maximumTextLength)
        }
        isChanged = true
        guard !heedsTerminalOnly, now >= readsLinesAt else { return }
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

    /// Returns what programs have reported since the last call, in order; a removed record is cleared.
    mutating func takeStatuses() -> [ProgramStatus] {
        defer { statuses.removeAll() }
        return statuses
    }

    private mutating func take(_ progress: TerminalProgress, at now: Duration) {
        isChanged = true
        line = nil
        amount = nil
        switch progress.state {
        case .removed:
            // The program may draw its last bar once more.
            if heedsTerminalOnly { readsLinesAt = now + .seconds(1) }
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

    /// Takes the progress of the programs that report it themselves; it takes precedence over all other progress.
    private mutating func followPrograms(at now: Duration) {
        isChanged = true
        line = nil
        amount = nil
        if let step = programs.step { self.step = step.shortened(to: configuration.maximumTextLength) }
        switch programs.whole?.state {
        case .working, .blocked:
            heedsTerminalOnly = true
            guard let percent = programs.whole?.percent else { return bars.hide() }
            if let bar = ProgressBar(LineReading(percent: percent), isLineEnded: false, at: now) { bars.draw(bar) }
        case .idle, .done, .error, .clear, nil:
            // The end of the command decides, not a program's word.
            heedsTerminalOnly = false
            bars.end()
        }
    }

    /// Returns the report that is due, or `nil` if nothing is new or the last report is too recent.
    mutating func takeReport(at now: Duration) -> ProgressReport? {
        if bars.applyTime(now) { isChanged = true }
        guard isChanged else { return nil }
        if let lastTime, now - lastTime < configuration.interval { return nil }
        isChanged = false
        guard let report = takeChange() else { return nil }
        lastTime = now
        return report
    }

    /// Returns the last report before the end, however recent the report before, or `nil` if nothing is new.
    ///
    /// After a success the report shows all bars as complete, even if the last drawing was lower.
    mutating func finalReport(isSuccess: Bool, at now: Duration) -> ProgressReport? {
        _ = bars.applyTime(now)
        if isSuccess {
            bars.succeed()
            if amount == nil { line = nil }
        }
        return takeChange()
    }

    /// Returns the current report if it is not the last one; a question is asked and withdrawn once.
    private mutating func takeChange() -> ProgressReport? {
        var report = currentReport
        let newQuestion = programs.whole?.question
        guard report != lastReport || newQuestion != question else { return nil }
        lastReport = report
        if newQuestion != question { report.waitingFor = newQuestion.map { .ask($0) } ?? .withdraw }
        question = newQuestion
        return report
    }

    private var currentReport: ProgressReport {
        var details: JSONObject = [:]
        if let percent = bars.percent { details["percentComplete"] = .number((percent * 10).rounded() / 10) }
        if let line { details["line"] = .string(line) }
        if let parts = programs.details { details["programs"] = parts }
        if !log.lines.isEmpty { details["log"] = .array(log.lines.map { .string($0) }) }
        var report = ProgressReport(state: step, details: details.isEmpty ? .null : .object(details))
        if let counts = bars.counts {
            report.completedCount = counts.completed
            report.totalCount = ProgressTotal(counts.total)
            report.unit = counts.unit
        } else if let amount, let count = amount.completedCount {
            report.completedCount = Self.sum(earlierAmount, count)
            report.totalCount = .unknown
            report.unit = amount.unit
        }
        return report
    }

    /// Returns the sum of two amounts, or the largest integer on overflow.
    private static func sum(_ one: Int64, _ other: Int64) -> Int64 {
        let (sum, hasOverflowed) = one.addingReportingOverflow(other)
        return hasOverflowed ? .max : sum
    }
}
