// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A selection of operations to list.
public struct ProgressQuery: Sendable, Hashable {
    /// The statuses to select; an empty set selects all.
    public var statuses: Set<ProgressStatus>
    /// The labels that an operation must have.
    public var labels: [String: String]
    /// The parent that an operation must have, or `nil` for any.
    public var parent: ProgressID?
    /// The scopes of which at least one must cover the operation, or `nil` for all operations.
    public var scopes: Set<ProgressScope>?
    /// The maximum number of operations in the page.
    public var limit: Int
    /// The ``ProgressPage/nextPageToken`` of the previous page.
    public var pageToken: String?

    /// Creates a query; by default for the 100 newest of all operations.
    public init(
        statuses: Set<ProgressStatus> = [],
        labels: [String: String] = [:],
        parent: ProgressID? = nil,
        limit: Int = 100,
        pageToken: String? = nil
    ) {
        self.statuses = statuses
        self.labels = labels
        self.parent = parent
        self.limit = limit
        self.pageToken = pageToken
    }

    /// Returns whether an operation matches the query.
    package func matches(_ snapshot: ProgressSnapshot) -> Bool {
        guard statuses.isEmpty || statuses.contains(snapshot.status) else { return false }
        guard parent == nil || snapshot.parent == parent else { return false }
        guard labels.allSatisfy({ snapshot.labels[$0.key] == $0.value }) else { return false }
        return scopes?.contains { $0.covers(snapshot.id, epoch: snapshot.cursor.epoch, labels: snapshot.labels) }
            ?? true
    }
}

/// A page of the matching operations, newest first.
public struct ProgressPage: Sendable, Hashable {
    /// The operations.
    public let snapshots: [ProgressSnapshot]
    /// The token that requests the next page, or `nil` on the last page.
    public let nextPageToken: String?

    /// Creates a page with the given members.
    package init(snapshots: [ProgressSnapshot], nextPageToken: String? = nil) {
        self.snapshots = snapshots
        self.nextPageToken = nextPageToken
    }
}
