// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import FoundationEssentials
public import LiveProgress

/// Somebody who has shown who they are, and what they may do.
public struct ProgressPrincipal: Sendable, Hashable {
    /// Who it is; `nil` for the bearer of a token that names nobody.
    public var subject: String?
    /// What they may do: whatever one of these allows.
    public var grants: [ProgressGrant]
    /// When all of it ends, such as with their token; `nil` for never.
    public var expiresAt: Date?

    /// Somebody with the given grants.
    public init(subject: String? = nil, grants: [ProgressGrant], expiresAt: Date? = nil) {
        self.subject = subject
        self.grants = grants
        self.expiresAt = expiresAt
    }

    /// Whether something may be done with an operation.
    ///
    /// - Parameters:
    ///   - permission: What is to be done.
    ///   - id: The operation's identifier.
    ///   - labels: Its labels; asked for only where a grant depends on them.
    /// - Returns: Whether one of the grants allows it.
    public func may(
        _ permission: ProgressPermission,
        _ id: ProgressID,
        labels: @autoclosure () -> [String: String]
    ) -> Bool {
        grants.contains { $0.allows(permission) && $0.scope.covers(id, labels: labels()) }
    }

    /// Whether something may be done with whatever operation there may be.
    public func mayWithEverything(_ permission: ProgressPermission) -> Bool {
        grants.contains { $0.allows(permission) && $0.scope == .everything }
    }

    /// Whether something may be done with some operation, be it one that is not there.
    func maySomewhere(_ permission: ProgressPermission) -> Bool {
        grants.contains { $0.allows(permission) }
    }

    /// Whether an operation may be known of: something other than creating may be done with it.
    func sees(_ id: ProgressID, labels: @autoclosure () -> [String: String]) -> Bool {
        grants.contains { $0.isSeeing && $0.scope.covers(id, labels: labels()) }
    }

    /// When all of it ends, by a clock's own time; `nil` for never.
    package func expiry(on clock: ProgressClock) -> Duration? {
        guard let expiresAt else { return nil }
        // Some thirty years are as good as never, and no overflow.
        return clock.now() + .seconds(min(max(expiresAt.timeIntervalSince(clock.date()), -1), 1e9))
    }

    /// The operations that the list may show; `nil` for all of them.
    var listedScopes: Set<ProgressScope>? {
        let scopes = Set(grants.filter { $0.allows(.list) }.map(\.scope))
        return scopes.contains(.everything) ? nil : scopes
    }
}
