// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressWire

extension ProgressAPI {
    /// `PUT /api/v1/progress/{id}`: creates the operation if it is not there, else reports on it; safe to repeat.
    func put(_ id: ProgressID?, _ exchange: Exchange) throws(Refusal) -> ProgressResponse {
        guard let id else { throw Refusal(Problems.invalidID) }
        let reader = try BodyReader(exchange, allowing: BodyReader.creation)
        var creation = try reader.creation()
        if let other = creation.id, other != id { throw Refusal(Problems.idMismatch) }
        creation.id = id
        let ifMatch = try exchange.condition(.ifMatch)
        let ifNoneMatch = try exchange.condition(.ifNoneMatch)
        // Someone else may create it between the look and the creation; once it is there, it stays or is gone.
        var refusal = Refusal(Problems.unknown)
        for _ in 0..<2 {
            if let journal = try present(id, exchange.access) {
                try exchange.access.require(.report, on: journal)
                if let ifNoneMatch, ifNoneMatch.matchesWeakly(journal.snapshot().cursor) {
                    throw Refusal(Problems.alreadyThere)
                }
                let snapshot = try apply(
                    reader.reportOnly(),
                    of: exchange.body.count,
                    to: journal,
                    ifMatch,
                    exchange.access
                )
                return snapshotResponse(.ok, snapshot, exchange)
            }
            try requireCreation(creation, of: id, exchange.access)
            if ifMatch != nil { throw Refusal(Problems.cursorOfNothing) }
            let owner = try shared.quotas.create(subject: exchange.subject)
            do throws(ProgressError) {
                let journal = try make(creation, of: exchange.body.count, owner, startsAnew: false)
                return located(.created, journal.snapshot(), exchange)
            } catch {
                refusal = Refusal(error)
                guard error.code == .alreadyExists else { throw refusal }
            }
        }
        throw refusal
    }

    /// Checks that an operation may be created that is not there, or may not be known of.
    ///
    /// - Throws: The 404 of an unknown operation to who may create nothing and need not know whether it is there.
    private func requireCreation(_ creation: Creation, of id: ProgressID, _ access: Access) throws(Refusal) {
        if let principal = access.principal, !principal.maySomewhere(.create) {
            throw access.refusal(.create, id, labels: [:])
        }
        try access.requireCreation(of: id, labels: creation.labels)
    }

    /// Applies a report that may be a repeat: the end that is already there is no mistake.
    private func apply(
        _ report: ProgressReport,
        of size: Int,
        to journal: ProgressJournal,
        _ ifMatch: TagCondition?,
        _ access: Access
    ) throws(Refusal) -> ProgressSnapshot {
        let snapshot = journal.snapshot()
        if report.isRepeat(of: snapshot) { return snapshot }
        return try self.report(report, of: size, to: journal, ifMatch, access)
    }
}

extension ProgressReport {
    /// Whether this is the report that ended an operation, come once more because its answer was lost.
    fileprivate func isRepeat(of snapshot: ProgressSnapshot) -> Bool {
        guard let outcome, let known = snapshot.outcome, outcome.isSame(as: known), advance == nil else { return false }
        return (state ?? snapshot.state).hasBytes(of: snapshot.state)
            && (details ?? snapshot.details) == snapshot.details
            && (completedCount ?? 0) <= (snapshot.counts?.completedCount ?? 0)
            && (attempt ?? snapshot.attempt) == snapshot.attempt
    }
}

extension ProgressOutcome {
    /// Whether two ends read the same.
    fileprivate func isSame(as other: ProgressOutcome) -> Bool {
        switch (self, other) {
        case (.succeeded(let one), .succeeded(let other)): one == other
        case (.failed(let one), .failed(let other)):
            ProgressMessage.encodeProblem(one) == ProgressMessage.encodeProblem(other)
        case (.cancelled, .cancelled): true
        default: false
        }
    }
}
