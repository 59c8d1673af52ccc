// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The counts of an operation: completed units, total units, unit, fraction, rate and remaining time.
///
/// The names are those of Foundation (SF-0023). A `totalCount` of `nil` means that the total is not known.
public struct ProgressCounts: Sendable, Hashable {
    /// The completed units; they never decrease within one attempt, and are 0 if the worker knows only a fraction.
    public let completedCount: Int64
    /// The total units, never fewer than the completed ones, or `nil` if not known.
    public let totalCount: Int64?
    /// The unit that is counted, such as `rows` or `bytes`.
    public let unit: String?
    /// The completed fraction, from 0 to 1, or `nil` if not known.
    ///
    /// If the total is known, the fraction is the quotient of the completed units, including those of running parts,
    /// and the total. Otherwise it is the fraction that the worker reported.
    ///
    /// Within an attempt, the fraction falls only when the total grows.
    public let fractionCompleted: Double?
    /// The units per second, or `nil` while not known.
    public let throughput: Double?
    /// The remaining seconds, or `nil` while not known and after the end.
    public let estimatedTimeRemaining: Double?

    /// Creates counts with the given members.
    public init(
        completedCount: Int64,
        totalCount: Int64? = nil,
        unit: String? = nil,
        fractionCompleted: Double? = nil,
        throughput: Double? = nil,
        estimatedTimeRemaining: Double? = nil
    ) {
        self.completedCount = completedCount
        self.totalCount = totalCount
        self.unit = unit
        self.fractionCompleted = fractionCompleted
        self.throughput = throughput
        self.estimatedTimeRemaining = estimatedTimeRemaining
    }

    /// The counts of an operation that has ended: nothing remains to be done.
    var atEnd: ProgressCounts {
        ProgressCounts(
            completedCount: completedCount,
            totalCount: totalCount,
            unit: unit,
            fractionCompleted: fractionCompleted,
            throughput: throughput
        )
    }
}
