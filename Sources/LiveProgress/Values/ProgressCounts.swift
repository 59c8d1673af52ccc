// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// How much is done, of how much, in what unit.
///
/// The names are Foundation's (SF-0023): a `totalCount` of `nil` means that the total is not known.
public struct ProgressCounts: Sendable, Hashable {
    /// Units done; it never falls within one attempt, and is 0 where the worker knows only a fraction.
    public let completedCount: Int64
    /// Units in all, never fewer than are done, or `nil` where nobody knows.
    public let totalCount: Int64?
    /// What is counted, such as `rows` or `bytes`.
    public let unit: String?
    /// The share done, from 0 to 1: of the total, with what running parts have done; where that is not known, what the worker
    /// told of it, or `nil`.
    ///
    /// It falls within an attempt only where the total grows.
    public let fractionCompleted: Double?
    /// Units a second, or `nil` while unknown.
    public let throughput: Double?
    /// Seconds that remain, or `nil` while unknown.
    public let estimatedTimeRemaining: Double?

    /// Counts with the given members.
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
}
