// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// One progress bar, and how far it has come: its figures never fall.
struct ProgressBar: Sendable, Hashable {
    /// The words beside it.
    private(set) var label: String
    /// From 0 to 100.
    private(set) var percent: Double
    /// What was drawn last, which may be less.
    private var drawnPercent: Double
    private(set) var completedCount: Int64?
    private(set) var totalCount: Int64?
    private(set) var unit: String?
    /// When it was drawn first and last, since the command's start.
    let start: Duration
    private(set) var lastDrawn: Duration
    /// Whether what follows is drawn below it.
    private var isLineEnded: Bool

    /// How far a percentage may fall, in points, and be taken for a jitter.
    static let tolerance = 5.0
    /// How far a bar may be, at most, where it is first seen, to have begun just now: tools draw several times a second.
    static let nearStart = 5.0

    /// A bar that begins with a reading, or `nil` where the reading has no percentage.
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

    /// Whether the words and the total say that it is the same.
    func isNamed(as other: ProgressBar) -> Bool { label == other.label && totalCount == other.totalCount }

    var isComplete: Bool { percent >= 100 }

    /// Whether it was left complete, to go on below.
    var isLeft: Bool { drawnPercent >= 100 && isLineEnded }

    /// Whether the bar was drawn for so long.
    func lasted(_ duration: Duration) -> Bool { lastDrawn - start >= duration }

    /// Whether another bar begins with the one drawn now.
    ///
    /// A percentage that falls is another bar's where something else says so as well: other words, a line below one
    /// that was complete, a count that fell too, a start from nothing. Else the total has grown, as it does for
    /// `rsync` while it finds more files.
    func isFollowed(by next: ProgressBar) -> Bool {
        let count = completedCount ?? 0
        let nextCount = next.completedCount ?? count
        if let totalCount, let nextTotal = next.totalCount, nextTotal != totalCount, nextCount < count { return true }
        guard next.percent < drawnPercent - Self.tolerance else { return false }
        if next.label != label || isLeft { return true }
        return nextCount == count ? next.percent <= Self.nearStart : nextCount < count
    }

    /// How far the one drawn now is from this one, in points.
    func distance(to next: ProgressBar) -> Double { abs(next.percent - drawnPercent) }

    /// Goes on as it is drawn now.
    mutating func advance(to next: ProgressBar) {
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

    /// Takes all of it as done.
    mutating func complete() {
        percent = 100
        completedCount = totalCount
    }

    /// The figures as counts: those of the program where it names their unit, else hundredths.
    var counts: (completed: Int64, total: Int64, unit: String) {
        if let completedCount, let totalCount, let unit { return (completedCount, totalCount, unit) }
        return (Int64(percent), 100, "%")
    }
}
