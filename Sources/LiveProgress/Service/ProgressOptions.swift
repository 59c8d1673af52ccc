// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The options of a new operation.
public struct ProgressOptions: Sendable, Hashable {
    /// A title for people.
    public var title: String?
    /// The parent operation, or `nil`.
    public var parent: ProgressID?
    /// The labels to select the operation by.
    public var labels: [String: String]
    /// Whether the operation accepts a request to cancel; set this only if the worker stops on such a request.
    public var isCancellable: Bool
    /// The time that a remote worker may be silent, or `nil` for the service's default.
    ///
    /// A worker in this process has no lease: releasing its tracker without an end fails the operation.
    public var lease: Duration?

    /// Creates options with the given members.
    public init(
        title: String? = nil,
        parent: ProgressID? = nil,
        labels: [String: String] = [:],
        isCancellable: Bool = false,
        lease: Duration? = nil
    ) {
        self.title = title
        self.parent = parent
        self.labels = labels
        self.isCancellable = isCancellable
        self.lease = lease
    }
}
