// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import Synchronization

extension ProgressAPI {
    /// Does what a request asks of one operation, once for each `Idempotency-Key`: a repeat gets the answer of the first.
    ///
    /// A request that changed nothing does not spend its key. A batch of which some lines were applied goes on after them.
    func once(
        _ exchange: Exchange,
        on id: ProgressID?,
        _ change: (Exchange) async throws(Refusal) -> ProgressResponse
    ) async throws(Refusal) -> ProgressResponse {
        guard let id, let key = try IdempotencyKey(of: exchange) else { return try await change(exchange) }
        let epoch = (try? service.getJournal(id))?.epoch
        switch shared.changes.withLock({ $0.begin(key.name, fingerprint: key.fingerprint) }) {
        case .reused: throw Refusal(Problems.keyReused)
        case .inUse: throw Refusal(Problems.keyInUse, [.retryAfter: "1"])
        // What it changed was started anew since, and that run is none of its business.
        case .repeats(let outcome) where !outcome.isOf(epoch): throw Refusal(Problems.startedAnew)
        case .repeats(let outcome): return try answer(again: outcome, id, exchange)
        case .proceed(let part):
            var exchange = exchange
            if let part, !part.isOf(epoch) {
                shared.changes.withLock { $0.suspend(key.name, part) }
                throw Refusal(Problems.startedAnew)
            }
            if case .lines(let count, _) = part { exchange.appliedLines = count }
            do throws(Refusal) {
                let response = try await change(exchange)
                shared.changes.withLock { $0.finish(key.name, ChangeOutcome(response)) }
                return response
            } catch {
                let applied = error.appliedLines ?? exchange.appliedLines
                shared.changes.withLock { keys in
                    guard applied > 0, let epoch else { return keys.forget(key.name) }
                    keys.suspend(key.name, .lines(applied, epoch: epoch))
                }
                throw error
            }
        }
    }

    /// The answer to a change that came before, as long as the journal has its revision; else the newest one.
    private func answer(
        again outcome: ChangeOutcome,
        _ id: ProgressID,
        _ exchange: Exchange
    ) throws(Refusal) -> ProgressResponse {
        guard case .revision(let status, let cursor) = outcome else { return ProgressResponse(.noContent) }
        let permission: ProgressPermission =
            exchange.route == .cancel(id) ? .cancel : status == .created ? .create : .report
        let journal = try journal(id, to: permission, exchange.access)
        let snapshot = journal.snapshot(at: cursor) ?? journal.snapshot()
        return status == .created
            ? located(status, snapshot, exchange) : snapshotResponse(status, snapshot, exchange)
    }
}

/// What came of a change: as little as is needed to answer it again, since many are kept.
enum ChangeOutcome: Sendable, Hashable {
    /// It was answered with this revision.
    case revision(HTTPResponse.Status, ProgressCursor)
    /// It was answered with nothing: the operation is deleted.
    case nothing
    /// So many lines of a batch were applied before one was refused.
    case lines(Int, epoch: String)

    init(_ response: ProgressResponse) {
        guard let tag = response.head.headerFields[.eTag],
            let cursor = ProgressCursor(String(tag.dropFirst().dropLast()))
        else {
            self = .nothing
            return
        }
        // Whether the snapshot comes with the answer is each request's own wish.
        self = .revision(response.head.status == .noContent ? .ok : response.head.status, cursor)
    }

    /// Whether it came of the operation as it is now; one that was deleted and made anew has another epoch.
    func isOf(_ epoch: String?) -> Bool {
        guard let epoch else { return true }
        switch self {
        case .revision(_, let cursor): return cursor.epoch == epoch
        case .lines(_, let other): return other == epoch
        case .nothing: return true
        }
    }
}
