// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import FoundationEssentials
@_spi(Server) public import LiveProgress

/// An authenticated caller and its permissions.
public struct ProgressPrincipal: Sendable, Hashable {
    /// The identity of the caller; `nil` for a token without a subject.
    public var subject: String?
    /// The grants; the caller has a permission if one of the grants includes it.
    public var grants: [ProgressGrant]
    /// When the grants expire, such as with the caller's token; `nil` for never.
    public var expiresAt: Date?

    /// Creates a principal from its parts.
    public init(subject: String? = nil, grants: [ProgressGrant], expiresAt: Date? = nil) {
        self.subject = subject
        self.grants = grants
        self.expiresAt = expiresAt
    }

    /// Returns whether the principal has a permission for an operation.
    public func may(_ permission: ProgressPermission, _ snapshot: ProgressSnapshot) -> Bool {
        grants.contains { grant in
            grant.allows(permission)
                && grant.scope.covers(snapshot.id, epoch: snapshot.cursor.epoch, labels: snapshot.labels)
        }
    }

    /// Returns whether the principal has a permission for an operation, with its own or with other labels.
    func may(_ permission: ProgressPermission, _ journal: ProgressJournal, labels: [String: String]? = nil) -> Bool {
        grants.contains { grant in
            grant.allows(permission)
                && grant.scope.covers(journal.id, epoch: journal.epoch, labels: labels ?? journal.labels)
        }
    }

    /// Returns the scope of the tokens for an operation that the principal has created: this run, within the labels to
    /// which the principal's permission to create is bound.
    @_spi(Server) public func scope(ofCreated snapshot: ProgressSnapshot) -> ProgressScope {
        let labels = grants.compactMap { grant -> [String: String]? in
            let (id, epoch) = (snapshot.id, snapshot.cursor.epoch)
            guard grant.allows(.create), grant.scope.covers(id, epoch: epoch, labels: snapshot.labels) else {
                return nil
            }
            if case .labels(let labels) = grant.scope { return labels }
            return [:]
        }
        let least = labels.contains([:]) ? [:] : labels.first ?? [:]
        return .run(snapshot.id, epoch: snapshot.cursor.epoch, labels: least)
    }

    /// Returns whether the principal has a permission for all operations.
    package func mayWithEverything(_ permission: ProgressPermission) -> Bool {
        grants.contains { $0.allows(permission) && $0.scope == .everything }
    }

    /// Returns whether the principal has a permission for any operation, even one that does not exist yet.
    func maySomewhere(_ permission: ProgressPermission) -> Bool {
        grants.contains { $0.allows(permission) }
    }

    /// Returns whether the principal may know that an operation exists.
    ///
    /// The principal needs a grant that covers the operation and has a permission other than `create`.
    func sees(
        _ id: ProgressID,
        epoch: @autoclosure () -> String?,
        labels: @autoclosure () -> [String: String]
    ) -> Bool {
        grants.contains { $0.isSeeing && $0.scope.covers(id, epoch: epoch(), labels: labels()) }
    }

    /// Returns the time of a clock at which the grants expire; `nil` for never.
    package func expiry(on clock: ProgressClock) -> Duration? {
        guard let expiresAt else { return nil }
        // The bound of about 30 years prevents an overflow.
        return clock.now() + .seconds(min(max(expiresAt.timeIntervalSince(clock.date()), -1), 1e9))
    }

    /// The scopes of the operations that the list may show; `nil` for all operations.
    var listedScopes: Set<ProgressScope>? {
        let scopes = Set(grants.filter { $0.allows(.list) }.map(\.scope))
        return scopes.contains(.everything) ? nil : scopes
    }
}
