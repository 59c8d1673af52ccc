// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The counts of one operation's current attempt: completed units, rate and fraction.
///
/// This type implements invariant 8. A count that is lower than an earlier one arrived late and is ignored, unless it
/// has another unit: then a new count begins. The fraction is always the quotient of the count and the total, so it
/// falls only when the total grows. If the total is unknown, there is no quotient, and the fraction is the largest one
/// that the worker reported.
struct JournalCounting: Sendable {
    /// The integer that stands for the fraction 1, because the estimator takes integers.
    private static let fractionUnits: Int64 = 1 << 40

    private(set) var tree = CountTree()
    private var estimator = Estimator()
    private var workTime = WorkTime()
    /// Whether the worker waits for a person; then there is no rate and no remaining time.
    var isWaiting = false
    private var unit: String?
    private var isCounting = false
    /// The units completed before this run, as the worker reports them; they do not count for the rate.
    private var baseline: Int64 = 0
    /// The largest fraction that was reported; `nil` if the counts have a fraction.
    private var toldFraction: Double?
    /// Whether the estimator measures the reported fraction instead of units.
    private var measuresFraction = false

    mutating func beginAttempt() {
        var next = JournalCounting()
        next.unit = unit
        next.tree = tree
        next.tree.reset()
        self = next
    }

    mutating func apply(_ report: ProgressReport) {
        let before = tree.completedCount(CountTree.root)
        if report.completedCount != nil || report.totalCount != nil {
            set(completed: report.completedCount, total: report.totalCount, unit: report.unit)
        }
        // After the counts, because the same report may make the total unknown.
        if let fraction = report.fractionCompleted { set(fraction: fraction) }
        if let baseline = report.baselineCount { set(baseline: baseline) }
        if let unit = report.unit { set(unit: unit) }
        if let advance = report.advance { self.advance(CountTree.root, by: advance) }
        set(unitsOfParts: report.unitsOfParts, after: before)
    }

    /// Sets the units of running parts that are counted elsewhere.
    ///
    /// When the completed units grow, these units decrease by as much, because a part that ends becomes completed units.
    /// They never decrease otherwise, so that the fraction never falls.
    private mutating func set(unitsOfParts units: Double?, after completed: Int64) {
        let told = tree.unitsOfPartsElsewhere
        guard told > 0 || units != nil else { return }
        isCounting = true
        let grown = max(0, tree.completedCount(CountTree.root) - completed)
        tree.unitsOfPartsElsewhere = max(units ?? 0, told - Double(grown))
    }

    mutating func set(
        completed: Int64?,
        total: ProgressTotal?,
        unit: String?,
        of node: CountTree.NodeID = CountTree.root
    ) {
        isCounting = true
        let isAnotherCount =
            node == CountTree.root
            && ProgressReport.startsCount(completed: completed, unit: unit, after: self.unit)
        if isAnotherCount {
            toldFraction = nil
            estimator = Estimator()
            tree.unitsOfPartsElsewhere = 0
        }
        let least = isAnotherCount ? 0 : tree.completedCount(node)
        // The total of a new count is unknown until it is reported.
        let total = isAnotherCount ? total ?? .unknown : total
        tree.setCounts(node, completed: completed.map { max($0, least) }, total: total)
        if toldFraction != nil, tree.fractionCompleted != nil { toldFraction = nil }
        if let unit { self.unit = unit }
    }

    /// Sets the fraction, from 0 to 1; has no effect if the counts have a fraction.
    mutating func set(fraction: Double) {
        isCounting = true
        if tree.fractionCompleted == nil { toldFraction = max(fraction, toldFraction ?? 0) }
    }

    /// Sets the number of units completed before this run; they do not count for the rate.
    mutating func set(baseline: Int64) {
        self.baseline = max(0, baseline)
        set(completed: baseline, total: nil, unit: nil)
    }

    private mutating func set(unit: String) {
        isCounting = true
        self.unit = unit
    }

    mutating func advance(_ node: CountTree.NodeID, by count: Int64) {
        isCounting = true
        tree.advance(node, by: count)
    }

    mutating func addChild(of node: CountTree.NodeID, assigning share: Int64) -> CountTree.NodeID {
        isCounting = true
        return tree.addChild(of: node, assigning: share)
    }

    func contains(_ node: CountTree.NodeID) -> Bool {
        tree.contains(node)
    }

    mutating func finish(_ node: CountTree.NodeID) {
        tree.finish(node)
    }

    /// Returns the counts at a time; only this call updates the estimator, so counting itself stays cheap.
    mutating func counts(at now: Duration) -> ProgressCounts? {
        guard isCounting else { return nil }
        let completed = tree.completedCount(CountTree.root)
        let total = tree.totalCount(CountTree.root)
        let (measured, time) = measure(completed: completed, total: total, at: now)
        return ProgressCounts(
            completedCount: completed,
            totalCount: total,
            unit: unit,
            fractionCompleted: tree.fractionCompleted ?? toldFraction,
            throughput: measuresFraction || isWaiting ? nil : estimator.throughput(at: time),
            estimatedTimeRemaining: isWaiting
                ? nil
                : estimator.estimatedTimeRemaining(completed: measured.completed, total: measured.total, at: time)
        )
    }

    /// Updates the estimator with the counts, or with the fraction if only the fraction is known.
    ///
    /// - Returns: The measured counts, and the time without the pauses for a person.
    private mutating func measure(
        completed: Int64,
        total: Int64?,
        at now: Duration
    ) -> (counts: (completed: Int64, total: Int64?), time: Duration) {
        if measuresFraction != (toldFraction != nil) {
            measuresFraction.toggle()
            estimator = Estimator()
        }
        let measured =
            toldFraction.map { (completed: Int64($0 * Double(Self.fractionUnits)), total: Self.fractionUnits) }
            ?? (completed: completed - baseline, total: total.map { $0 - baseline })
        let time = workTime.note(now, completed: measured.completed, isWaiting: isWaiting)
        estimator.record(completed: measured.completed, at: time)
        return (measured, time)
    }
}

extension JournalCounting {
    /// The counts to store, or `nil` if the worker does not count.
    var stored: StoredOperation.Counts? {
        guard isCounting else { return nil }
        return StoredOperation.Counts(
            completedCount: tree.completedCount(CountTree.root),
            totalCount: tree.totalCount(CountTree.root),
            unit: unit,
            baselineCount: baseline,
            fractionCompleted: toldFraction,
            unitsOfParts: tree.unitsOfParts
        )
    }

    /// The counts without rate and remaining time, so that reading them does not change the estimate.
    var unmeasuredCounts: ProgressCounts? {
        guard isCounting else { return nil }
        return ProgressCounts(
            completedCount: tree.completedCount(CountTree.root),
            totalCount: tree.totalCount(CountTree.root),
            unit: unit,
            fractionCompleted: tree.fractionCompleted ?? toldFraction
        )
    }

    /// Restores counts; the measurement of the rate starts again at the restart.
    init(restoring stored: StoredOperation.Counts, now: Duration) {
        isCounting = true
        unit = stored.unit
        baseline = stored.baselineCount
        toldFraction = stored.fractionCompleted
        tree = CountTree(restoring: stored)
        _ = counts(at: now)
    }
}
