// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Where an operation stands.
///
/// ```text
/// pending ──► running ◄──► stalled
///    │           │            │
///    └──────► cancelling ◄────┘        every state may end:
///                │                     succeeded, failed, cancelled
/// ```
public enum ProgressStatus: String, Sendable, Hashable, CaseIterable {
    /// Created; nobody has reported yet.
    case pending
    /// A worker has reported.
    case running
    /// The worker's lease has run out; a report brings it back to running.
    case stalled
    /// Someone has asked to stop; the worker has not ended yet.
    case cancelling
    /// Ended well.
    case succeeded
    /// Ended with a problem.
    case failed
    /// Ended because someone asked to stop.
    case cancelled

    /// The status of that name, or `nil` where there is none.
    public init?(rawValue: String) {
        guard let status = Self.allCases.first(where: { $0.rawValue.hasBytes(of: rawValue) }) else { return nil }
        self = status
    }

    /// Whether this is one of the three ends.
    public var isEnd: Bool {
        switch self {
        case .succeeded, .failed, .cancelled: true
        case .pending, .running, .stalled, .cancelling: false
        }
    }
}
