// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressWire
import Synchronization

extension ProgressAPI {
    /// `POST /api/v1/progress`: creates an operation, once for each `Idempotency-Key`; one that is over starts anew.
    func create(_ exchange: Exchange) throws(Refusal) -> ProgressResponse {
        let creation = try BodyReader(exchange, allowing: BodyReader.creation).creation()
        try exchange.access.requireCreation(of: creation.id, labels: creation.labels)
        guard let key = try IdempotencyKey(of: exchange) else {
            return located(.created, try make(creation, exchange).snapshot(), exchange)
        }
        return try create(creation, once: key, exchange)
    }

    private func create(
        _ creation: Creation,
        once key: IdempotencyKey,
        _ exchange: Exchange
    ) throws(Refusal) -> ProgressResponse {
        switch shared.keys.withLock({ $0.begin(key.name, fingerprint: key.fingerprint) }) {
        case .reused:
            throw Refusal(Problems.keyReused)
        case .inUse:
            throw Refusal(Problems.keyInUse, [.retryAfter: "1"])
        case .repeats(let created):
            return try repeated(created, key, creation, exchange)
        case .proceed:
            do throws(Refusal) {
                let snapshot = try make(creation, exchange).snapshot()
                shared.keys.withLock { $0.finish(key.name, Created(id: snapshot.id, epoch: snapshot.cursor.epoch)) }
                return located(.created, snapshot, exchange)
            } catch {
                // It made nothing: the client may mend its request and come back with the same key.
                shared.keys.withLock { $0.forget(key.name) }
                throw error
            }
        }
    }

    /// The answer to a creation that came before.
    private func repeated(
        _ created: Created,
        _ key: IdempotencyKey,
        _ creation: Creation,
        _ exchange: Exchange
    ) throws(Refusal) -> ProgressResponse {
        let journal: ProgressJournal
        do throws(ProgressError) {
            journal = try service.getJournal(created.id)
        } catch {
            guard error.code == .unknown else { throw Refusal(error) }
            // It was so long ago that even the identifier is forgotten.
            shared.keys.withLock { $0.forget(key.name) }
            return try create(creation, once: key, exchange)
        }
        // Somebody else of the same name may have made it.
        if let principal = exchange.access.principal, !principal.may(.create, created.id, labels: journal.labels) {
            throw Refusal(Problems.keyReused)
        }
        let snapshot = journal.snapshot()
        // What this key started is over, and another request has started it anew: that run is no answer to this one.
        guard snapshot.cursor.epoch.hasBytes(of: created.epoch) else { throw Refusal(Problems.startedAnew) }
        return located(.ok, snapshot, exchange)
    }

    private func make(_ creation: Creation, _ exchange: Exchange) throws(Refusal) -> ProgressJournal {
        let former = creation.id.flatMap { formerRun(of: $0, exchange.access) }
        let owner = try shared.quotas.create(subject: exchange.subject, inPlaceOf: former)
        do throws(ProgressError) {
            return try make(creation, of: exchange.body.count, owner, inPlaceOf: former, startsAnew: true)
        } catch {
            throw Refusal(error)
        }
    }

    /// The operation that has ended and whose place a new one may take.
    ///
    /// Nobody else's: where `create` is not granted for it as it is, it is as much in the way as one that goes on.
    private func formerRun(of id: ProgressID, _ access: Access) -> ProgressJournal? {
        guard let journal = try? service.getJournal(id), journal.isEnded else { return nil }
        return access.principal?.may(.create, id, labels: journal.labels) ?? true ? journal : nil
    }

    /// Creates the operation and applies its first report, of so many bytes; it holds its owner's slot.
    ///
    /// It takes the place of a former operation that has ended; one that starts anew may follow a deleted one, too.
    func make(
        _ creation: Creation,
        of size: Int,
        _ owner: QuotaSlot?,
        inPlaceOf former: ProgressJournal? = nil,
        startsAnew: Bool
    ) throws(ProgressError) -> ProgressJournal {
        // The one thing that would be refused after creating, when it could not be undone.
        if let attempt = creation.report?.attempt, attempt > 2 {
            throw ProgressError(.invalidReport, "attempt is 1 for a new operation, and 2 for its retry. Leave it out.")
        }
        let journal = try service.createJournal(
            id: creation.id,
            options: creation.options,
            inPlaceOf: former,
            followsDeleted: startsAnew
        )
        if let owner { journal.attach(owner) }
        if let report = creation.report { try journal.report(report, size: size) }
        return journal
    }

    /// The answer to a creation, which says where the operation is.
    func located(
        _ status: HTTPResponse.Status,
        _ snapshot: ProgressSnapshot,
        _ exchange: Exchange
    ) -> ProgressResponse {
        let tokens = exchange.access.principal.flatMap {
            configuration.authorizer?.tokens(for: snapshot.id, createdBy: $0)
        }
        var response = snapshotResponse(status, snapshot, exchange, tokens)
        response.head.headerFields[.location] = exchange.reference(to: snapshot.id)
        return response
    }

    /// The answer to a change: the snapshot with its tag, or with `Prefer: return=minimal` the tag alone.
    func snapshotResponse(
        _ status: HTTPResponse.Status,
        _ snapshot: ProgressSnapshot,
        _ exchange: Exchange,
        _ tokens: ProgressTokens? = nil
    ) -> ProgressResponse {
        var fields: HTTPFields = [.eTag: EntityTag(snapshot.cursor).fieldValue]
        let representation = exchange.preferences.representation
        if let representation { fields[.preferenceApplied] = "return=\(representation.rawValue)" }
        guard representation != .minimal else {
            return ProgressResponse(status == .ok ? .noContent : status, fields)
        }
        fields[.contentType] = MediaType.json.description
        return ProgressResponse(status, fields, body: .bytes(ProgressMessage.encodeSnapshot(snapshot, tokens: tokens)))
    }
}

/// What came of a request to create.
struct Created: Sendable, Hashable {
    let id: ProgressID
    /// Tells whether it was started anew since.
    let epoch: String
}
