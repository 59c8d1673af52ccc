// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import Synchronization

extension ProgressAPI {
    /// Runs a change of one operation once for each `Idempotency-Key`; a repeat gets the response of the first request.
    ///
    /// A request that changed nothing leaves its key unused. A repeated batch continues after its applied lines.
    func once(
        _ call: APICall,
        on id: ProgressID?,
        _ change: (APICall) async throws(Refusal) -> ProgressResponse
    ) async throws(Refusal) -> ProgressResponse {
        guard let id, let key = try IdempotencyKey(of: call) else { return try await change(call) }
        let journal = try? service.getJournal(id)
        let epoch = journal?.epoch
        if let journal {
            forgetLostOutcome(of: key, in: journal)
            restoreKey(key, of: journal)
        }
        switch shared.changes.withLock({ $0.begin(key.name, fingerprint: key.fingerprint) }) {
        case .reused: throw Refusal(Problems.keyReused)
        case .inUse: throw Refusal(Problems.keyInUse, [.retryAfter: "1"])
        // The operation that the key changed has been replaced; the key must not affect the new one.
        case .repeats(let outcome) where !outcome.isOf(epoch): throw Refusal(Problems.startedAnew)
        case .repeats(let outcome): return try answer(again: outcome, id, call)
        case .proceed(let part):
            var call = call
            call.receipt = key.receipt
            if let part, !part.isOf(epoch) {
                shared.changes.withLock { $0.suspend(key.name, part) }
                throw Refusal(Problems.startedAnew)
            }
            if case .lines(let count, _) = part { call.appliedLines = count }
            do throws(Refusal) {
                let response = try await change(call)
                shared.changes.withLock { $0.finish(key.name, ChangeOutcome(response)) }
                return response
            } catch {
                let applied = error.appliedLines ?? call.appliedLines
                let cursor = journal?.snapshot().cursor
                shared.changes.withLock { keys in
                    guard applied > 0, let cursor else { return keys.forget(key.name) }
                    keys.suspend(key.name, .lines(applied, cursor))
                }
                throw error
            }
        }
    }

    /// Forgets a key whose change was lost while another node had the operation.
    private func forgetLostOutcome(of key: IdempotencyKey, in journal: ProgressJournal) {
        guard configuration.nodes != nil,
            let cursor = shared.changes.withLock({ $0.outcome(of: key.name) })?.cursor,
            cursor.epoch == journal.epoch, !journal.contains(cursor)
        else { return }
        shared.changes.withLock { $0.forget(key.name) }
    }

    /// Adds a key that the journal has kept over a restart.
    private func restoreKey(_ key: IdempotencyKey, of journal: ProgressJournal) {
        guard service.storeStatus != nil, !shared.changes.withLock({ $0.contains(key.name) }),
            let (snapshot, receipt) = journal.receipt(withKey: key.name)
        else { return }
        let outcome: ChangeOutcome =
            if let lines = receipt.appliedLines {
                .lines(lines, snapshot.cursor)
            } else {
                .revision(snapshot.revision == 0 ? .created : .ok, snapshot.cursor)
            }
        shared.changes.withLock { keys in
            guard !keys.contains(key.name) else { return }
            _ = keys.begin(key.name, fingerprint: receipt.fingerprint)
            if receipt.appliedLines == nil { keys.finish(key.name, outcome) } else { keys.suspend(key.name, outcome) }
        }
    }

    /// Returns the response to a repeated change, with the revision of the first response or the newest revision.
    ///
    /// The response has the newest revision if the journal no longer has the revision of the first response.
    private func answer(
        again outcome: ChangeOutcome,
        _ id: ProgressID,
        _ call: APICall
    ) throws(Refusal) -> ProgressResponse {
        guard case .revision(let status, let cursor) = outcome else { return ProgressResponse(.noContent) }
        let permission: ProgressPermission =
            call.route == .cancel(id)
            ? .cancel : call.route == .answer(id) ? .answer : status == .created ? .create : .report
        let journal = try journal(id, to: permission, call.permissions)
        let snapshot = journal.snapshot(at: cursor) ?? journal.snapshot()
        switch permission {
        case .create: return located(.created, snapshot, call)
        case .cancel: return snapshotResponse(.accepted, snapshot, call)
        default: return snapshotResponse(status, snapshot, call)
        }
    }
}

/// The outcome of a change, with just enough data to repeat the response.
enum ChangeOutcome: Sendable, Hashable {
    /// The response had this status and this revision.
    case revision(HTTPResponse.Status, ProgressCursor)
    /// The response was empty: the operation was deleted.
    case nothing
    /// This many lines of a batch were applied before a line was refused.
    case lines(Int, ProgressCursor)

    init(_ response: ProgressResponse) {
        guard let tag = response.head.headerFields[.eTag],
            let cursor = ProgressCursor(String(tag.dropFirst().dropLast()))
        else {
            self = .nothing
            return
        }
        // Each repeat chooses with `Prefer: return` whether it gets the snapshot, so a 204 is stored as a 200.
        self = .revision(response.head.status == .noContent ? .ok : response.head.status, cursor)
    }

    /// The position of the operation after the change; `nil` if the operation was deleted.
    var cursor: ProgressCursor? {
        switch self {
        case .revision(_, let cursor), .lines(_, let cursor): cursor
        case .nothing: nil
        }
    }

    /// Returns whether the outcome belongs to the operation with this epoch; a replacement has another epoch.
    func isOf(_ epoch: String?) -> Bool {
        guard let epoch, let cursor else { return true }
        return cursor.epoch == epoch
    }
}
