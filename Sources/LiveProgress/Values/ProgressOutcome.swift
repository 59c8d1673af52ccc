// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// How an operation ended: exactly one of three.
public enum ProgressOutcome: Sendable, Hashable {
    /// It did what it was asked, with an optional result.
    case succeeded(result: JSONValue? = nil)
    /// It could not, and this is why.
    case failed(ProgressProblem)
    /// Someone asked it to stop, and it stopped.
    case cancelled

    /// The status of an operation that ended so.
    public var status: ProgressStatus {
        switch self {
        case .succeeded: .succeeded
        case .failed: .failed
        case .cancelled: .cancelled
        }
    }
}
