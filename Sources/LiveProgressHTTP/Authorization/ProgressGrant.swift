// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress

/// Permissions for the operations of a scope.
public struct ProgressGrant: Sendable, Hashable {
    /// The permissions.
    public var permissions: Set<ProgressPermission>
    /// The operations to which the permissions apply.
    public var scope: ProgressScope

    /// Creates a grant of permissions for the operations of a scope.
    public init(_ permissions: Set<ProgressPermission>, for scope: ProgressScope) {
        self.permissions = permissions
        self.scope = scope
    }

    /// Returns whether the grant includes a permission, by name or as a part of `admin`.
    func allows(_ permission: ProgressPermission) -> Bool {
        permissions.contains(permission) || permissions.contains(.admin)
    }

    /// Whether the grant lets a caller know that the operations of the scope exist.
    ///
    /// A grant of `create` alone does not let the caller know this.
    var isSeeing: Bool { permissions.contains { $0 != .create } }
}
