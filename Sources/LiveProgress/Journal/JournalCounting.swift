// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The counts of one operation's current attempt: what is done, how fast, and the fraction that never falls.
struct JournalCounting: Sendable {
    private(set) var tree = CountTree()
    private var estimator = Estimator()
    private var unit: String?
    private var isCounting = false
    /// Invariant 8: corrections of the counts may lower the quotient, but not what watchers see.
    private var fractionFloor: Double?

    mutating func beginAttempt() {
        var next = JournalCounting()
        next.unit = unit
        next.tree = tree
        next.tree.reset()
        self = next
    }

    mutating func apply(_ report: ProgressReport) {
        if report.completedCount != nil || report.totalCount != nil {
            set(completed: report.completedCount, total: report.totalCount, unit: nil)
        }
        if let unit = report.unit { set(unit: unit) }
        if let advance = report.advance { self.advance(CountTree.root, by: advance) }
    }

    mutating func set(completed: Int64?, total: Int64??, unit: String?, of node: CountTree.NodeID = CountTree.root) {
        isCounting = true
        tree.setCounts(node, completed: completed, total: total)
        if let unit { self.unit = unit }
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
        estimator.record(completed: completed, at: now)
        if let fraction = tree.fractionCompleted { fractionFloor = max(fraction, fractionFloor ?? 0) }
        return ProgressCounts(
            completedCount: completed,
            totalCount: total,
            unit: unit,
            fractionCompleted: total == nil ? nil : fractionFloor,
            throughput: estimator.throughput(at: now),
            estimatedTimeRemaining: estimator.estimatedTimeRemaining(completed: completed, total: total, at: now)
        )
    }
}
