// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// One progress bar of the command's output; its percentage never falls.
struct ProgressBar: Sendable, Hashable {
    /// The words beside the bar.
    private(set) var label: String
    /// The highest percentage, from 0 to 100.
    private(set) var percent: Double
    /// The percentage that was drawn last; may be lower than ``percent``.
    private var drawnPercent: Double
    private(set) var completedCount: Int64?
    private(set) var totalCount: Int64?
    private(set) var unit: String?
    /// The times of the first and the last drawing, since the command's start.
    let start: Duration
    private(set) var lastDrawn: Duration
    /// Whether the next line is drawn below the bar.
    private var isLineEnded: Bool

    /// The largest fall of a percentage, in points, that counts as jitter of the same bar.
    static let tolerance = 5.0
    /// The highest first percentage, in points, of a bar that has just begun; tools draw several times a second.
    static let nearStart = 5.0

    /// Creates a bar from its first reading, or `nil` if the reading has no percentage.
    init?(_ reading: LineReading, isLineEnded: Bool, at now: Duration) {
        guard let percent = reading.percent else { return nil }
        self.percent = percent
        drawnPercent = percent
        self.isLineEnded = isLineEnded
        label = reading.label
        completedCount = reading.completedCount
        totalCount = reading.totalCount
        unit = reading.unit
        start = now
        lastDrawn = now
    }

    /// Returns whether both bars have the same label and total.
    func isNamed(as other: ProgressBar) -> Bool { label == other.label && totalCount == other.totalCount }

    var isComplete: Bool { percent >= 100 }

    /// Whether the bar was drawn at 100 % and its line has ended.
    var isLeft: Bool { drawnPercent >= 100 && isLineEnded }

    /// Returns whether the bar was drawn for at least the duration.
    func lasted(_ duration: Duration) -> Bool { lastDrawn - start >= duration }

    /// Returns whether the newly drawn bar is a different bar than this one.
    ///
    /// A falling percentage means a new bar only together with another sign: a different label, a position below a bar at
    /// 100 %, a lower count, or a start near 0 %. Otherwise the total has grown, as in `rsync` while it finds more files.
    func isFollowed(by next: ProgressBar) -> Bool {
        let count = completedCount ?? 0
        let nextCount = next.completedCount ?? count
        if let totalCount, let nextTotal = next.totalCount, nextTotal != totalCount {
            if nextCount < count || nextTotal < totalCount && nextCount <= count { return true }
        }
        guard next.percent < drawnPercent - Self.tolerance else { return false }
        if next.label != label || isLeft { return true }
        return nextCount == count ? next.percent <= Self.nearStart : nextCount < count
    }

    /// Returns the difference to the newly drawn percentage, in points.
    func distance(to next: ProgressBar) -> Double { abs(next.percent - drawnPercent) }

    /// Updates the bar with its newly drawn values.
    mutating func update(to next: ProgressBar) {
        let isSameTotal = next.totalCount == totalCount
        completedCount =
            isSameTotal ? [completedCount, next.completedCount].compactMap(\.self).max() : next.completedCount
        percent = max(percent, next.percent)
        drawnPercent = next.percent
        label = next.label
        totalCount = next.totalCount
        unit = next.unit
        lastDrawn = next.lastDrawn
        isLineEnded = next.isLineEnded
    }

    /// Sets the bar to 100 %.
    mutating func complete() {
        percent = 100
        completedCount = totalCount
    }

    /// The counts of the program if the program names their unit, else the percentage of 100.
    var counts: (completed: Int64, total: Int64, unit: String) {
        if let completedCount, let totalCount, let unit { return (completedCount, totalCount, unit) }
        return (Int64(percent), 100, "%")
    }
}
