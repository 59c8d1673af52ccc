// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// The reports that a server has still to get: every transition in its order, the counts newest-only.
///
/// Counts are kept as absolute numbers, so that a report that is sent again counts nothing twice. Past its capacity
/// the oldest waiting transitions are folded into the one after them, and counted.
struct ReportQueue: Sendable {
    /// One report, and the number of the last call that went into it.
    struct Entry: Sendable, Hashable {
        var report: ProgressReport
        var number: UInt64
    }

    private var waiting: [Entry] = []
    private var inFlight: Entry?
    private var completedCount: Int64
    private let capacity: Int
    /// The number of the last call.
    private(set) var lastNumber: UInt64 = 0
    /// The number of the last call that is settled, with all before it.
    private(set) var settledNumber: UInt64 = 0
    /// How many transitions were folded into later ones for want of room.
    private(set) var foldedCount = 0
    /// Whether an end has been reported: nothing is taken after it.
    private(set) var hasEnd = false

    init(completedCount: Int64, capacity: Int) {
        self.completedCount = completedCount
        self.capacity = max(1, capacity)
    }

    /// Whether everything has been settled.
    var isEmpty: Bool { waiting.isEmpty && inFlight == nil }

    /// Whether what waits says nothing but counts, so that it may wait for more of them.
    var holdsOnlyCounts: Bool { waiting.count == 1 && waiting[0].report.isTick }

    /// Takes a report; `false` after the end.
    mutating func push(_ report: ProgressReport) -> Bool {
        guard !hasEnd else { return false }
        lastNumber += 1
        let entry = Entry(report: absolute(report), number: lastNumber)
        if report.outcome != nil { hasEnd = true }
        if let last = waiting.indices.last, let count = entry.report.countAlone {
            waiting[last].report.completedCount = count
            waiting[last].number = lastNumber
            return true
        }
        if entry.report.isTick, let last = waiting.indices.last {
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

    /// The next report to send; it stays in flight until ``settle()``.
    mutating func take() -> Entry? {
        guard inFlight == nil, !waiting.isEmpty else { return nil }
        inFlight = waiting.removeFirst()
        return inFlight
    }

    /// The report in flight has arrived, or has been given up.
    mutating func settle() {
        guard let entry = inFlight else { return }
        settledNumber = max(settledNumber, entry.number)
        inFlight = nil
    }

    /// Gives up all that waits; nothing is taken after it.
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
        // As the server has it: a count that is lower than one before came late.
        let done = max(completedCount, report.completedCount ?? 0, report.baselineCount ?? 0)
        let (sum, overflow) = done.addingReportingOverflow(report.advance ?? 0)
        completedCount = overflow ? .max : max(0, sum)
        report.completedCount = completedCount
        report.advance = nil
        return report
    }
}

extension ProgressReport {
    /// The count, where the report says nothing else: the most frequent report, which is merged in few steps.
    fileprivate var countAlone: Int64? {
        var count = ProgressReport()
        count.completedCount = completedCount
        return self == count ? completedCount : nil
    }
}
