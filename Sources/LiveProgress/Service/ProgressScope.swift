// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Which operations something is about, such as what somebody may see.
public enum ProgressScope: Sendable, Hashable {
    /// All operations.
    case everything
    /// The operation of this identifier, whether it is there or not.
    case operation(ProgressID)
    /// The operations that bear all of these labels; without any label, none.
    case labels([String: String])

    /// Whether an operation is one of them.
    public func covers(_ id: ProgressID, labels: @autoclosure () -> [String: String]) -> Bool {
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
