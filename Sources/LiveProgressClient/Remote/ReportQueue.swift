// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// The reports that the server does not have yet: every transition in order, and the newest counts.
///
/// The counts are absolute numbers, so a report that is sent twice counts once. If the queue is full, its oldest
/// transition is merged into the next one, and ``foldedCount`` grows.
struct ReportQueue: Sendable {
    /// One report, and the number of the last call that the report includes.
    struct Entry: Sendable, Hashable {
        var report: ProgressReport
        var number: UInt64
    }

    private var waiting: [Entry] = []
    private var inFlight: Entry?
    private var completedCount: Int64
    private var unit: String?
    private let capacity: Int
    /// The number of the last call.
    private(set) var lastNumber: UInt64 = 0
    /// The number of the last settled call; all earlier calls are settled too.
    private(set) var completedNumber: UInt64 = 0
    /// The number of transitions that were merged into later ones because the queue was full.
    private(set) var foldedCount = 0
    /// Whether the queue accepts no more reports, because it has the end or is closed.
    private(set) var hasEnd = false

    init(completedCount: Int64, unit: String? = nil, capacity: Int) {
        self.completedCount = completedCount
        self.unit = unit
        self.capacity = max(1, capacity)
    }

    /// Whether all reports are settled.
    var isEmpty: Bool { waiting.isEmpty && inFlight == nil }

    /// Whether the only waiting report has counts alone, so that it may wait for more counts.
    var holdsOnlyCounts: Bool { waiting.count == 1 && waiting[0].report.isTick }

    /// Adds a report; returns `false` after the end.
    mutating func push(_ report: ProgressReport) -> Bool {
        guard !hasEnd else { return false }
        lastNumber += 1
        let startsCount = report.startsCount(after: unit)
        if startsCount { completedCount = 0 }
        unit = report.unit ?? unit
        let entry = Entry(report: absolute(report), number: lastNumber)
        if report.outcome != nil { hasEnd = true }
        if let last = waiting.indices.last, let count = entry.report.countAlone {
            waiting[last].report.completedCount = count
            waiting[last].number = lastNumber
            return true
        }
        if entry.report.isTick, !startsCount, let last = waiting.indices.last {
            waiting[last] = Entry(report: entry.report.folded(onto: waiting[last].report), number: lastNumber)
            return true
        }
        waiting.append(entry)
        if waiting.count > capacity {
            let oldest = waiting.removeFirst()
            waiting[0].report = waiting[0].report.folded(onto: oldest.report)
            foldedCount += 1
        }
        return true
    }

    /// Returns the next report to send; the report stays in flight until ``completeInFlight()``.
    mutating func take() -> Entry? {
        guard inFlight == nil, !waiting.isEmpty else { return nil }
        inFlight = waiting.removeFirst()
        return inFlight
    }

    /// Settles the report in flight, which was delivered or dropped.
    mutating func completeInFlight() {
        guard let entry = inFlight else { return }
        completedNumber = max(completedNumber, entry.number)
        inFlight = nil
    }

    /// Drops all reports, and accepts no more.
    mutating func close() {
        hasEnd = true
        waiting = []
        inFlight = nil
    }

    private mutating func absolute(_ report: ProgressReport) -> ProgressReport {
        var report = report
        if report.attempt != nil { completedCount = 0 }
        guard report.completedCount != nil || report.advance != nil || report.baselineCount != nil else {
            return report
        }
        // The server does the same: a count below an earlier count is late.
        let done = max(completedCount, report.completedCount ?? 0, report.baselineCount ?? 0)
        let (sum, overflow) = done.addingReportingOverflow(report.advance ?? 0)
        completedCount = overflow ? .max : max(0, sum)
        report.completedCount = completedCount
        report.advance = nil
        return report
    }
}

extension ProgressReport {
    /// The count, if the report has nothing else; this most frequent report is merged in few steps.
    fileprivate var countAlone: Int64? {
        var count = ProgressReport()
        count.completedCount = completedCount
        return self == count ? completedCount : nil
    }
}
