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
    ///
    /// - Parameters:
    ///   - permission: The permission.
    ///   - id: The operation's identifier.
    ///   - labels: The operation's labels; evaluated only if a grant depends on labels.
    /// - Returns: Whether one of the grants includes the permission.
    public func may(
        _ permission: ProgressPermission,
        _ id: ProgressID,
        labels: @autoclosure () -> [String: String]
    ) -> Bool {
        grants.contains { $0.allows(permission) && $0.scope.covers(id, labels: labels()) }
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
    func sees(_ id: ProgressID, labels: @autoclosure () -> [String: String]) -> Bool {
        grants.contains { $0.isSeeing && $0.scope.covers(id, labels: labels()) }
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
