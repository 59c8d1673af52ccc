// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The total units of an operation or a part: a count, or not known.
///
/// ```swift
/// tracker.setTotal(.count(600), unit: "rows")
/// tracker.setTotal(.unknown)
/// ```
public enum ProgressTotal: Sendable, Hashable {
    /// The total units.
    case count(Int64)
    /// The total is not known; the operation has no fraction.
    case unknown

    /// Creates a total from a count, where `nil` means that the total is not known.
    public init(_ count: Int64?) { self = count.map(Self.count) ?? .unknown }

    /// The count, or `nil` if the total is not known.
    public var count: Int64? { if case .count(let count) = self { count } else { nil } }
}

extension ProgressTotal: ExpressibleByIntegerLiteral {
    /// A total of the given units.
    public init(integerLiteral value: Int64) { self = .count(value) }
}
