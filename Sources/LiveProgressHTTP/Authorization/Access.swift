// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// What the one who makes a request may do: everything, where no authorizer is set.
struct Access: Sendable {
    /// Who it is; `nil` where nobody is asked.
    let principal: ProgressPrincipal?

    /// Without an authorizer everyone may do everything.
    static let unlimited = Access(principal: nil)

    /// When it ends, by a clock's own time; `nil` for never.
    func expiry(on clock: ProgressClock) -> Duration? { principal?.expiry(on: clock) }

    /// Checks that something may be done with an operation that is there.
    ///
    /// - Throws: The 404 of an unknown operation where it may not even be known of (invariant 12), else a 403.
    func require(_ permission: ProgressPermission, on journal: ProgressJournal) throws(Refusal) {
        guard let principal, !principal.may(permission, journal.id, labels: journal.labels) else { return }
        throw refusal(permission, journal.id, labels: journal.labels)
    }

    /// Why something may not be done: the 404 of an unknown operation, or a 403 to who may know of it.
    func refusal(_ permission: ProgressPermission, _ id: ProgressID, labels: [String: String]) -> Refusal {
        sees(id, labels: labels) ? .forbidden(permission) : Refusal(Problems.unknown)
    }

    /// Whether an operation may be known of.
    func sees(_ id: ProgressID, labels: @autoclosure () -> [String: String]) -> Bool {
        principal?.sees(id, labels: labels()) ?? true
    }

    /// Checks that an operation of this identifier, with these labels, may be created.
    ///
    /// - Throws: A 403, which is the same whether the identifier is taken or not.
    func requireCreation(of id: ProgressID?, labels: [String: String]) throws(Refusal) {
        guard let principal else { return }
        let mayCreate = principal.grants.contains { grant in
            guard grant.allows(.create) else { return false }
            guard let id else { return grant.scope.coversNewcomer(labels: labels) }
            return grant.scope.covers(id, labels: labels)
        }
        guard !mayCreate else { return }
        throw principal.maySomewhere(.create) ? .creationForbidden : .forbidden(.create)
    }

    /// Checks that a report leaves the operation where its reporter may report: labels decide who may see it.
    func requireReport(labels changes: [String: String]?, on journal: ProgressJournal) throws(Refusal) {
        guard let principal, let changes else { return }
        var labels = journal.labels
        for (name, value) in changes { labels[name] = value.isEmpty ? nil : value }
        guard !principal.may(.report, journal.id, labels: labels) else { return }
        throw .relabellingForbidden
    }

    /// The query narrowed to what may be listed.
    func narrowed(_ query: ProgressQuery) throws(Refusal) -> ProgressQuery {
        guard let principal else { return query }
        guard principal.maySomewhere(.list) else { throw .forbidden(.list) }
        var query = query
        query.scopes = principal.listedScopes
        return query
    }
}

extension ProgressScope {
    /// Whether it covers an operation whose identifier the server has yet to choose.
    fileprivate func coversNewcomer(labels: [String: String]) -> Bool {
        switch self {
        case .everything: true
        case .operation: false
        case .labels(let selector): !selector.isEmpty && selector.allSatisfy { labels[$0.key] == $0.value }
        }
    }
}
