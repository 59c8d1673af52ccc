// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// One node of a `CountTree`: its counts, its links, and its contribution to its parent.
struct CountNode: Sendable {
    /// The number of parts of a unit in which contributions are counted, as integers.
    ///
    /// A share has at most 63 bits, so 2³² children cannot overflow 128 bits.
    private static let scale = 4_294_967_296.0

    var completed: Int64 = 0
    var total: Int64?
    /// The number of the parent's units that the node is worth.
    var share: Int64 = 0
    /// The node's contribution that is included in the parent's `childUnits`.
    var contribution: Int128 = 0
    /// The sum of the running children's contributions.
    var childUnits: Int128 = 0
    /// The units of running parts that are counted elsewhere.
    var toldUnits = 0.0

    var generation: UInt64 = 0
    var parent: Int?
    var firstChild: Int?
    var previousSibling: Int?
    var nextSibling: Int?

    /// The total number of units; never less than the completed units.
    var whole: Int64? { total.map { max($0, completed) } }

    /// The completed fraction, from 0 to 1; `nil` without a total, or if the total is 0.
    var fraction: Double? {
        guard let whole, whole > 0 else { return nil }
        return min(1, (Double(completed) + runningUnits) / Double(whole))
    }

    /// The units that running parts have completed, here and elsewhere.
    var runningUnits: Double { toldUnits + (childUnits == 0 ? 0 : Double(childUnits) / Self.scale) }

    /// The contribution that the node should make to its parent now.
    var currentContribution: Int128 {
        guard let fraction else { return 0 }
        return Int128((Double(share) * fraction * Self.scale).rounded())
    }

    /// Adds completed units; the sum stays at the largest number instead of overflowing.
    mutating func complete(_ count: Int64) {
        let (sum, overflow) = completed.addingReportingOverflow(count)
        completed = overflow ? .max : sum
    }
}
