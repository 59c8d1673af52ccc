// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// One stretch of growing progress: a file of several, a bar of several.
///
/// Within a phase the figures never fall; figures that fall clearly belong to the next phase.
struct ProgressPhase: Sendable, Hashable {
    /// When its first figure came, since the command's start.
    let start: Duration
    /// From 0 to 100.
    private(set) var percent: Double
    private(set) var completedCount: Int64?
    let totalCount: Int64?
    let unit: String?

    /// How far a percentage may fall, in points, and be taken for a jitter.
    static let tolerance = 5.0

    /// A phase that begins with a reading, or `nil` where the reading has no percentage.
    init?(_ reading: LineReading, at now: Duration) {
        guard let percent = reading.percent else { return nil }
        start = now
        self.percent = percent
        completedCount = reading.completedCount
        totalCount = reading.totalCount
        unit = reading.unit
    }

    /// Goes on with a reading, or gives `false` where that one belongs to another phase.
    mutating func advance(to reading: LineReading) -> Bool {
        guard let percent = reading.percent, percent > self.percent - Self.tolerance else { return false }
        guard reading.totalCount == totalCount, reading.unit == unit else { return false }
        self.percent = max(self.percent, percent)
        if let count = reading.completedCount { completedCount = max(completedCount ?? 0, count) }
        return true
    }

    /// The figures as counts: those of the program, else hundredths.
    var counts: (completed: Int64, total: Int64, unit: String) {
        if let completedCount, let totalCount { return (completedCount, totalCount, unit ?? "") }
        return (Int64(percent), 100, "%")
    }
}
