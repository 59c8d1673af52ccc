// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The status of an operation.
///
/// ```text
/// pending ──► running ◄──► stalled
///    │         ▲ │            │
///    │         │ ├──► waiting │
///    │         └─┼───────┤    │
///    └──────► cancelling ◄────┘        every state may end:
///                │                     succeeded, failed, cancelled
/// ```
public enum ProgressStatus: String, Sendable, Hashable, CaseIterable {
    /// The operation is created; no worker has reported yet.
    case pending
    /// A worker has reported.
    case running
    /// The worker waits for a person to answer its question, see ``ProgressSnapshot/waitingFor``.
    case waiting
    /// The worker's lease has run out; a report sets the status to running again.
    case stalled
    /// A client has asked the operation to stop; the worker has not ended it yet.
    case cancelling
    /// The operation ended with success.
    case succeeded
    /// The operation ended with a problem.
    case failed
    /// The operation was cancelled before it was finished.
    case cancelled

    /// Creates the status of a name; returns `nil` if no status has this name.
    public init?(rawValue: String) {
        guard let status = Self.allCases.first(where: { $0.rawValue.hasBytes(of: rawValue) }) else { return nil }
        self = status
    }

    /// Whether the operation has ended.
    public var isEnd: Bool {
        switch self {
        case .succeeded, .failed, .cancelled: true
        case .pending, .running, .waiting, .stalled, .cancelling: false
        }
    }
}
