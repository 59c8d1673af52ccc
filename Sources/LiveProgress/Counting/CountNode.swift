// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// One node of a `CountTree`: its counts, its place, and what it adds to its parent.
struct CountNode: Sendable {
    /// Contributions are integers in this part of a unit.
    ///
    /// A share has at most 63 bits, so 2³² children cannot overflow 128.
    private static let scale = 4_294_967_296.0

    var completed: Int64 = 0
    var total: Int64?
    /// What the node is worth in its parent's units.
    var share: Int64 = 0
    /// What the node adds to its parent now, as last carried upwards.
    var contribution: Int128 = 0
    /// The sum of the running children's contributions.
    var childUnits: Int128 = 0

    var generation: UInt64 = 0
    var parent: Int?
    var firstChild: Int?
    var previousSibling: Int?
    var nextSibling: Int?

    /// Units in all: at least those that are completed, whatever was said before of their number.
    var whole: Int64? { total.map { max($0, completed) } }

    /// The completed share from 0 to 1; `nil` without a total, or where there is nothing to do.
    var fraction: Double? {
        guard let whole, whole > 0 else { return nil }
        let running = childUnits == 0 ? 0 : Double(childUnits) / Self.scale
        return min(1, (Double(completed) + running) / Double(whole))
    }

    /// What the node should add to its parent.
    var currentContribution: Int128 {
        guard let fraction else { return 0 }
        return Int128(Double(share) * fraction * Self.scale)
    }

    /// Adds completed units; stays at the greatest number instead of overflowing.
    mutating func complete(_ count: Int64) {
        let (sum, overflow) = completed.addingReportingOverflow(count)
        completed = overflow ? .max : sum
    }
}
