// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Which operations to list.
public struct ProgressQuery: Sendable, Hashable {
    /// Operations of these statuses; empty for all.
    public var statuses: Set<ProgressStatus>
    /// Operations that bear all of these labels.
    public var labels: [String: String]
    /// Operations that belong to this one.
    public var parent: ProgressID?
    /// Operations that one of these covers; `nil` for all.
    public var scopes: Set<ProgressScope>?
    /// How many to give at most.
    public var limit: Int
    /// Where the page before ended: its ``ProgressPage/nextPageToken``.
    public var pageToken: String?

    /// A query; by default for the 100 newest of all operations.
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

    /// Whether an operation is one of those asked for.
    public func matches(_ snapshot: ProgressSnapshot) -> Bool {
        guard statuses.isEmpty || statuses.contains(snapshot.status) else { return false }
        guard parent == nil || snapshot.parent == parent else { return false }
        guard labels.allSatisfy({ snapshot.labels[$0.key] == $0.value }) else { return false }
        return scopes?.contains { $0.covers(snapshot.id, labels: snapshot.labels) } ?? true
    }
}

/// Some of the operations asked for, the newest first.
public struct ProgressPage: Sendable, Hashable {
    /// The operations.
    public let snapshots: [ProgressSnapshot]
    /// What to ask for to get the page after this, or `nil` where this is the last.
    public let nextPageToken: String?

    /// A page with the given members.
    public init(snapshots: [ProgressSnapshot], nextPageToken: String? = nil) {
        self.snapshots = snapshots
        self.nextPageToken = nextPageToken
    }
}
