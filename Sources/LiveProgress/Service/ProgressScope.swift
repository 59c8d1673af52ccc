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

    /// Returns whether the scope covers an operation.
    package func covers(_ id: ProgressID, labels: @autoclosure () -> [String: String]) -> Bool {
        switch self {
        case .everything: return true
        case .operation(let covered): return covered == id
        case .labels(let selector):
            if selector.isEmpty { return false }
            let labels = labels()
            return selector.allSatisfy { labels[$0.key] == $0.value }
        }
    }
}
