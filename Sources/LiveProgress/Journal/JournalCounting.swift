// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The counts of one operation's current attempt: what is done, how fast, and its fraction.
///
/// Invariant 8 has its home here. A count that is lower than one before came late, and is not taken, unless it is of another
/// unit: that is another count. The fraction is always
/// the quotient of the count and the total, so it falls only where the total grows. Where the counts have no quotient, because
/// nobody knows the total, it is the largest fraction that the worker told.
struct JournalCounting: Sendable {
    /// A fraction in whole numbers, as the estimator takes them.
    private static let fractionUnits: Int64 = 1 << 40

    private(set) var tree = CountTree()
    private var estimator = Estimator()
    private var unit: String?
    private var isCounting = false
    /// Units that were done before this run, as the worker says; they are no speed.
    private var baseline: Int64 = 0
    /// The largest fraction that was told, while the counts have none.
    private var toldFraction: Double?
    /// Whether the estimator measures the fraction that was told, and not units.
    private var measuresFraction = false

    mutating func beginAttempt() {
        var next = JournalCounting()
        next.unit = unit
        next.tree = tree
        next.tree.reset()
        self = next
    }

    mutating func apply(_ report: ProgressReport) {
        if report.completedCount != nil || report.totalCount != nil {
            set(completed: report.completedCount, total: report.totalCount, unit: report.unit)
        }
        // After the counts, which may give up their total in the same report.
        if let fraction = report.fractionCompleted { set(fraction: fraction) }
        if let baseline = report.baselineCount { set(baseline: baseline) }
        if let unit = report.unit { set(unit: unit) }
        if let advance = report.advance { self.advance(CountTree.root, by: advance) }
    }

    mutating func set(completed: Int64?, total: Int64??, unit: String?, of node: CountTree.NodeID = CountTree.root) {
        isCounting = true
        let isAnotherCount =
            node == CountTree.root && completed != nil && unit != nil && self.unit != nil && unit != self.unit
        if isAnotherCount {
            toldFraction = nil
            estimator = Estimator()
        }
        let least = isAnotherCount ? 0 : tree.completedCount(node)
        // The total of another count is unknown until it is told.
        let total = isAnotherCount ? .some(total ?? nil) : total
        tree.setCounts(node, completed: completed.map { max($0, least) }, total: total)
        if toldFraction != nil, tree.fractionCompleted != nil { toldFraction = nil }
        if let unit { self.unit = unit }
    }

    /// Takes a fraction from 0 to 1; where the counts have one, they decide.
    mutating func set(fraction: Double) {
        isCounting = true
        if tree.fractionCompleted == nil { toldFraction = max(fraction, toldFraction ?? 0) }
    }

    /// Takes note of how many units were done before this run: they are done, and no speed.
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

    /// The counts to show at a time; the estimator learns from being asked, so it costs nothing between.
    mutating func counts(at now: Duration) -> ProgressCounts? {
        guard isCounting else { return nil }
        let completed = tree.completedCount(CountTree.root)
        let total = tree.totalCount(CountTree.root)
        let measured = measure(completed: completed, total: total, at: now)
        return ProgressCounts(
            completedCount: completed,
            totalCount: total,
            unit: unit,
            fractionCompleted: tree.fractionCompleted ?? toldFraction,
            throughput: measuresFraction ? nil : estimator.throughput(at: now),
            estimatedTimeRemaining: estimator.estimatedTimeRemaining(
                completed: measured.completed,
                total: measured.total,
                at: now
            )
        )
    }

    /// Lets the estimator learn from the counts, or from the fraction where that is all that is known.
    private mutating func measure(
        completed: Int64,
        total: Int64?,
        at now: Duration
    ) -> (completed: Int64, total: Int64?) {
        if measuresFraction != (toldFraction != nil) {
            measuresFraction.toggle()
            estimator = Estimator()
        }
        let measured =
            toldFraction.map { (completed: Int64($0 * Double(Self.fractionUnits)), total: Self.fractionUnits) }
            ?? (completed: completed - baseline, total: total.map { $0 - baseline })
        estimator.record(completed: measured.completed, at: now)
        return measured
    }
}
