// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// The permissions of the caller of a request.
struct CallerPermissions: Sendable {
    /// The principal of the caller; `nil` without an authorizer.
    let principal: ProgressPrincipal?

    /// The access of every caller without an authorizer: everything is permitted.
    static let unlimited = CallerPermissions(principal: nil)

    /// Returns the time of a clock at which the access expires; `nil` for never.
    func expiry(on clock: ProgressClock) -> Duration? { principal?.expiry(on: clock) }

    /// Checks that the caller has a permission for an existing operation.
    ///
    /// - Throws: A 404 if the caller may not see the operation (invariant 12), otherwise a 403.
    func require(_ permission: ProgressPermission, on journal: ProgressJournal) throws(Refusal) {
        guard let principal, !principal.may(permission, journal) else { return }
        throw sees(journal) ? .forbidden(permission) : Refusal(Problems.unknown)
    }

    /// Returns whether the caller may know that an operation exists.
    func sees(_ journal: ProgressJournal) -> Bool {
        principal?.sees(journal.id, epoch: journal.epoch, labels: journal.labels) ?? true
    }

    /// Returns whether the caller may know that no operation with this identifier exists.
    func sees(absent id: ProgressID) -> Bool {
        principal?.sees(id, epoch: nil, labels: [:]) ?? true
    }

    /// Checks that the caller may create an operation with this identifier and these labels.
    ///
    /// - Throws: A 403, the same for a free identifier and an identifier in use.
    func requireCreation(of id: ProgressID?, labels: [String: String]) throws(Refusal) {
        guard let principal else { return }
        let mayCreate = principal.grants.contains { grant in
            guard grant.allows(.create) else { return false }
            guard let id else { return grant.scope.coversNewcomer(labels: labels) }
            return grant.scope.covers(id, epoch: nil, labels: labels)
        }
        guard !mayCreate else { return }
        throw principal.maySomewhere(.create) ? .creationForbidden : .forbidden(.create)
    }

    /// Checks that the caller may still report on an operation after a report has changed its labels.
    func requireReport(labels changes: [String: String]?, on journal: ProgressJournal) throws(Refusal) {
        guard let principal, let changes else { return }
        var labels = journal.labels
        for (name, value) in changes { labels[name] = value.isEmpty ? nil : value }
        guard !principal.may(.report, journal, labels: labels) else { return }
        throw .relabellingForbidden
    }

    /// Returns a query narrowed to the operations that the caller may list.
    func narrowed(_ query: ProgressQuery) throws(Refusal) -> ProgressQuery {
        guard let principal else { return query }
        guard principal.maySomewhere(.list) else { throw .forbidden(.list) }
        var query = query
        query.scopes = principal.listedScopes
        return query
    }
}

extension ProgressScope {
    /// Returns whether the scope covers a new operation whose identifier the server will choose.
    fileprivate func coversNewcomer(labels: [String: String]) -> Bool {
        switch self {
        case .everything: true
        case .operation, .run: false
        case .labels(let selector): !selector.isEmpty && selector.allSatisfy { labels[$0.key] == $0.value }
        }
    }
}
