// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A set of operations, such as the operations that a client may see.
public enum ProgressScope: Sendable, Hashable {
    /// All operations.
    case everything
    /// The operation with this identifier, whether or not it exists.
    case operation(ProgressID)
    /// The operations that have all of these labels; an empty dictionary covers no operation.
    case labels([String: String])

    /// One run of an operation, while it has all of these labels; not a later run with the same identifier.
    ///
    /// The epoch is that of the run's cursors.
    case run(ProgressID, epoch: String, labels: [String: String])

    /// Returns whether the scope covers an operation; an `epoch` of `nil` means that no such operation exists.
    package func covers(
        _ id: ProgressID,
        epoch: @autoclosure () -> String?,
        labels: @autoclosure () -> [String: String]
    ) -> Bool {
        switch self {
        case .everything: return true
        case .operation(let covered): return covered == id
        case .labels(let selector): return !selector.isEmpty && Self.has(labels(), selector)
        case .run(let covered, let ownEpoch, let selector):
            guard covered == id, let epoch = epoch() else { return covered == id }
            return epoch == ownEpoch && (selector.isEmpty || Self.has(labels(), selector))
        }
    }

    private static func has(_ labels: [String: String], _ selector: [String: String]) -> Bool {
        selector.allSatisfy { labels[$0.key] == $0.value }
    }
}
