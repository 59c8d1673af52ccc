// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// What a new operation is given beside its identifier.
public struct ProgressOptions: Sendable, Hashable {
    /// A title for people.
    public var title: String?
    /// The operation that this one belongs to.
    public var parent: ProgressID?
    /// Labels to select operations by.
    public var labels: [String: String]
    /// Whether a request to cancel is taken; say so only where the worker honours it.
    public var isCancellable: Bool
    /// How long a remote worker may be silent; the service's default where it is `nil`.
    ///
    /// Workers of this process have no lease: their tracker tells when they are gone.
    public var lease: Duration?

    /// Options with the given members.
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
