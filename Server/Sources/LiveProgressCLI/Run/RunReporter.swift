// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// Turns what was found in a command's output into reports: the newest word, not too often.
///
/// The operation's fraction is that of the first phase which lasts (``Configuration/settling``); many programs run
/// through quick ones before. A fraction never falls, so after that one the phases themselves are counted, of a total
/// that nobody knows; the figures of the phase that is on stand in the details (`percentComplete`).
struct RunReporter: Sendable {
    /// How often, and how much.
    struct Configuration: Sendable, Hashable {
        /// The least time between two reports.
        var interval = Duration.milliseconds(100)
        /// How long a phase must go on before it counts as the operation's.
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
    private var phase: ProgressPhase?
    private var countedPhases = 0
    private var isPhaseCounted = false
    private var heedsTerminalOnly = false
    private var isChanged = false
    private var lastReport: ProgressReport?
    private var lastTime: Duration?

    init(configuration: Configuration = Configuration(), profile: any OutputProfile = OutputProfiles.all) {
        self.configuration = configuration
        self.profile = profile
    }

    /// Whether there is something that ``takeReport(at:)`` has still to tell, now or later.
    var isWaiting: Bool { isChanged || (phase != nil && !isPhaseCounted && countedPhases == 0) }

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
        if reading.percent != nil {
            self.line = line.text.shortened(to: configuration.maximumTextLength)
            amount = nil
            enterPhase(with: reading, at: now)
        } else if reading.completedCount != nil {
            self.line = line.text.shortened(to: configuration.maximumTextLength)
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
            leavePhase()
        case .indeterminate:
            heedsTerminalOnly = true
            leavePhase()
        case .normal, .failing, .paused:
            heedsTerminalOnly = true
            if let percent = progress.percent { enterPhase(with: LineReading(percent: percent), at: now) }
        }
    }

    private mutating func enterPhase(with reading: LineReading, at now: Duration) {
        if phase?.advance(to: reading) == true { return }
        leavePhase()
        phase = ProgressPhase(reading, at: now)
    }

    private mutating func leavePhase() {
        // One that never left 0 (an answer that only points elsewhere) leaves its place to the next.
        if isPhaseCounted, let phase, phase.percent > 0 { countedPhases += 1 }
        isPhaseCounted = false
        phase = nil
    }

    /// The report that is due, or `nil` where there is nothing new or the last was too short a time ago.
    mutating func takeReport(at now: Duration) -> ProgressReport? {
        if let phase, !isPhaseCounted, countedPhases == 0, now - phase.start >= configuration.settling {
            isPhaseCounted = true
            isChanged = true
        }
        guard isChanged else { return nil }
        if let lastTime, now - lastTime < configuration.interval { return nil }
        isChanged = false
        let report = currentReport
        guard report != lastReport else { return nil }
        lastReport = report
        lastTime = now
        return report
    }

    /// What has not been told yet, however recent the last report is; for the end.
    var untoldReport: ProgressReport? {
        let report = currentReport
        return report == lastReport ? nil : report
    }

    private var currentReport: ProgressReport {
        var details: JSONObject = [:]
        if let phase { details["percentComplete"] = .number((phase.percent * 10).rounded() / 10) }
        if let line { details["line"] = .string(line) }
        var report = ProgressReport(state: step, details: details.isEmpty ? .null : .object(details))
        if let phase, isPhaseCounted {
            let counts = phase.counts
            report.completedCount = counts.completed
            report.totalCount = counts.total
            report.unit = counts.unit
        } else if countedPhases > 0 {
            report.completedCount = Int64(countedPhases)
            report.totalCount = .some(nil)
            report.unit = "phases"
        } else if let amount {
            report.completedCount = amount.completedCount
            report.totalCount = .some(nil)
            report.unit = amount.unit
        }
        return report
    }
}
