// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
@_spi(Server) import LiveProgressWire

extension ProgressAPI {
    /// Handles `PUT /api/v1/progress/{id}`: creates the operation or reports on an existing one; safe to repeat.
    func put(_ id: ProgressID?, _ call: APICall) throws(Refusal) -> ProgressResponse {
        guard let id else { throw Refusal(Problems.invalidID) }
        let reader = try BodyReader(call, allowing: BodyReader.creation)
        var creation = try reader.creation()
        if let other = creation.id, other != id { throw Refusal(Problems.idMismatch) }
        creation.id = id
        let ifMatch = try call.condition(.ifMatch)
        let ifNoneMatch = try call.condition(.ifNoneMatch)
        // Another request may create the operation after the lookup; then the second round finds it.
        var refusal = Refusal(Problems.unknown)
        for _ in 0..<2 {
            if let journal = try present(id, call.permissions) {
                try call.permissions.require(.report, on: journal)
                if let ifNoneMatch, ifNoneMatch.matchesWeakly(journal.snapshot().cursor) {
                    throw Refusal(Problems.alreadyThere)
                }
                let snapshot = try apply(
                    reader.reportOnly(),
                    of: call.body.count,
                    to: journal,
                    ifMatch,
                    call
                )
                return snapshotResponse(.ok, snapshot, call)
            }
            try requireCreation(creation, of: id, call.permissions)
            if ifMatch != nil { throw Refusal(Problems.cursorOfNothing) }
            let owner = try shared.quotas.create(subject: call.subject)
            do throws(ProgressError) {
                let journal = try make(creation, call, owner, startsAnew: false)
                return located(.created, journal.snapshot(), call)
            } catch {
                refusal = Refusal(error)
                guard error.code == .alreadyExists else { throw refusal }
            }
        }
        throw refusal
    }

    /// Checks that the caller may create an operation that does not exist, or that the caller may not see.
    ///
    /// - Throws: The 404 of an unknown operation if the caller may create nothing and may not see the operation;
    ///   otherwise a 403.
    private func requireCreation(_ creation: Creation, of id: ProgressID, _ permissions: CallerPermissions)
        throws(Refusal)
    {
        if let principal = permissions.principal, !principal.maySomewhere(.create) {
            throw permissions.sees(absent: id) ? .forbidden(.create) : Refusal(Problems.unknown)
        }
        try permissions.requireCreation(of: id, labels: creation.labels)
    }

    /// Applies a report; a repeat of the report that ended the operation succeeds without a change.
    private func apply(
        _ report: ProgressReport,
        of size: Int,
        to journal: ProgressJournal,
        _ ifMatch: TagCondition?,
        _ call: APICall
    ) throws(Refusal) -> ProgressSnapshot {
        let snapshot = journal.snapshot()
        if report.isRepeat(of: snapshot) { return snapshot }
        return try self.report(report, of: size, to: journal, ifMatch, call)
    }
}

extension ProgressReport {
    /// Returns whether this report is a repeat of the operation's last report, such as after a lost response.
    fileprivate func isRepeat(of snapshot: ProgressSnapshot) -> Bool {
        guard let outcome, let known = snapshot.outcome, outcome.isSame(as: known), advance == nil else { return false }
        return (state ?? snapshot.state).hasBytes(of: snapshot.state)
            && (details ?? snapshot.details) == snapshot.details
            && (completedCount ?? 0) <= (snapshot.counts?.completedCount ?? 0)
            && (attempt ?? snapshot.attempt) == snapshot.attempt
    }
}

extension ProgressOutcome {
    /// Returns whether two outcomes are equal; problems are compared by their JSON.
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
