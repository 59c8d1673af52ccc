// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A permission for operations.
public enum ProgressPermission: String, Sendable, Hashable, CaseIterable {
    /// Follow an operation and read its snapshots.
    case watch
    /// Report the progress and the end of an operation.
    case report
    /// Ask an operation to stop.
    case cancel
    /// Answer the question of an operation.
    case answer
    /// Create operations.
    case create
    /// Delete an operation from the server.
    case delete
    /// See operations in the list and its feed.
    case list
    /// All other permissions; for the scope of all operations also access to the server itself, such as its metrics.
    case admin
}
