// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress

/// What somebody may do with some operations.
public struct ProgressGrant: Sendable, Hashable {
    /// What may be done.
    public var permissions: Set<ProgressPermission>
    /// With which operations.
    public var scope: ProgressScope

    /// Permissions for the operations of a scope.
    public init(_ permissions: Set<ProgressPermission>, for scope: ProgressScope) {
        self.permissions = permissions
        self.scope = scope
    }

    /// Whether the permission is among those granted, by name or as a part of `admin`.
    func allows(_ permission: ProgressPermission) -> Bool {
        permissions.contains(permission) || permissions.contains(.admin)
    }

    /// Whether the operations of the scope may be known of.
    ///
    /// Who may do nothing but create need not learn what is there.
    var isSeeing: Bool { permissions.contains { $0 != .create } }
}
