// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The outcome of an operation that has ended: exactly one of three.
public enum ProgressOutcome: Sendable, Hashable {
    /// The operation succeeded, with an optional result.
    case succeeded(result: JSONValue? = nil)
    /// The operation failed with a problem.
    case failed(ProgressProblem)
    /// The operation was cancelled before it was finished.
    case cancelled

    /// The status of an operation with this outcome.
    public var status: ProgressStatus {
        switch self {
        case .succeeded: .succeeded
        case .failed: .failed
        case .cancelled: .cancelled
        }
    }
}
