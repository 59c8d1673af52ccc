// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// One thing that somebody may do with operations.
public enum ProgressPermission: String, Sendable, Hashable, CaseIterable {
    /// Follow an operation and read its snapshots.
    case watch
    /// Say how an operation is going, and how it ended.
    case report
    /// Ask an operation to stop.
    case cancel
    /// Create operations.
    case create
    /// Make the server forget an operation.
    case delete
    /// See operations in the list and its feed.
    case list
    /// All of the others; for everything, also what belongs to the server, such as its metrics.
    case admin
}
