// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
@_spi(Server) import LiveProgressWire
import Synchronization

extension ProgressAPI {
    /// Handles `POST /api/v1/progress`: creates an operation, once for each `Idempotency-Key`.
    ///
    /// The new operation replaces an operation with the same identifier that has ended.
    func create(_ call: APICall) throws(Refusal) -> ProgressResponse {
        var creation = try BodyReader(call, allowing: BodyReader.creation).creation()
        creation.id = creation.id ?? call.newID
        try call.permissions.requireCreation(of: creation.id, labels: creation.labels)
        guard let key = try IdempotencyKey(of: call) else {
            return located(.created, try make(creation, call).snapshot(), call)
        }
        var call = call
        call.receipt = key.receipt
        return try create(creation, once: key, call)
    }

    private func create(
        _ creation: Creation,
        once key: IdempotencyKey,
        _ call: APICall
    ) throws(Refusal) -> ProgressResponse {
        restoreKey(key, of: creation.id)
        switch shared.keys.withLock({ $0.begin(key.name, fingerprint: key.fingerprint) }) {
        case .reused:
            throw Refusal(Problems.keyReused)
        case .inUse:
            throw Refusal(Problems.keyInUse, [.retryAfter: "1"])
        case .repeats(let created):
            return try repeated(created, key, creation, call)
        case .proceed:
            do throws(Refusal) {
                let snapshot = try make(creation, call).snapshot()
                shared.keys.withLock { $0.finish(key.name, Created(id: snapshot.id, epoch: snapshot.cursor.epoch)) }
                return located(.created, snapshot, call)
            } catch {
                // The request created nothing, so the client may correct it and use the key again.
                shared.keys.withLock { $0.forget(key.name) }
                throw error
            }
        }
    }

    /// Adds a key that the operation's former node has used.
    private func restoreKey(_ key: IdempotencyKey, of id: ProgressID?) {
        guard configuration.nodes != nil, let id, let journal = service.ownJournal(id),
            let (receipt, snapshot) = journal.creationReceipt, receipt.key == key.name
        else { return }
        let created = Created(id: id, epoch: snapshot.cursor.epoch)
        shared.keys.withLock { $0.restore(key.name, fingerprint: receipt.fingerprint, created) }
    }

    /// Returns the response to a repeated creation.
    private func repeated(
        _ created: Created,
        _ key: IdempotencyKey,
        _ creation: Creation,
        _ call: APICall
    ) throws(Refusal) -> ProgressResponse {
        let journal: ProgressJournal
        do throws(ProgressError) {
            journal = try service.getJournal(created.id)
        } catch {
            guard error.code == .unknown else { throw Refusal(error) }
            // The service has forgotten the operation, so the key creates a new one.
            shared.keys.withLock { $0.forget(key.name) }
            return try create(creation, once: key, call)
        }
        // Another principal with the same subject may have created the operation.
        if let principal = call.permissions.principal, !principal.may(.create, journal) {
            throw Refusal(Problems.keyReused)
        }
        let snapshot = journal.snapshot()
        // Another request has replaced the operation: the new operation is not the result of this key.
        guard snapshot.cursor.epoch.hasBytes(of: created.epoch) else { throw Refusal(Problems.startedAnew) }
        return located(.ok, snapshot, call)
    }

    private func make(_ creation: Creation, _ call: APICall) throws(Refusal) -> ProgressJournal {
        let former = creation.id.flatMap { formerRun(of: $0, call.permissions) }
        let owner = try shared.quotas.create(subject: call.subject, inPlaceOf: former)
        do throws(ProgressError) {
            return try make(creation, call, owner, inPlaceOf: former, startsAnew: true)
        } catch {
            throw Refusal(error)
        }
    }

    /// Returns the ended operation that a new operation may replace.
    ///
    /// The result is `nil` if the caller may not create an operation with the labels of the ended one. The ended
    /// operation then keeps its identifier, as a running one does.
    private func formerRun(of id: ProgressID, _ permissions: CallerPermissions) -> ProgressJournal? {
        guard let journal = try? service.getJournal(id), journal.isEnded else { return nil }
        return permissions.principal?.may(.create, journal) ?? true ? journal : nil
    }

    /// Creates an operation that holds the quota slot `owner`, with its first report.
    ///
    /// The new operation replaces `former`, which has ended. If `startsAnew` is `true`, it may also replace a deleted
    /// operation.
    func make(
        _ creation: Creation,
        _ call: APICall,
        _ owner: QuotaSlot?,
        inPlaceOf former: ProgressJournal? = nil,
        startsAnew: Bool
    ) throws(ProgressError) -> ProgressJournal {
        if let attempt = creation.report?.attempt, attempt > 2 {
            throw ProgressError(.invalidReport, "attempt is 1 for a new operation, and 2 for its retry. Leave it out.")
        }
        let journal = try service.createJournal(
            id: creation.id,
            options: creation.options,
            first: FirstReport(report: creation.report, size: call.body.count, receipt: call.receipt),
            inPlaceOf: former,
            followsDeleted: startsAnew
        )
        if let owner { journal.attach(owner) }
        return journal
    }

    /// Returns the response to a creation, with the operation's `Location`.
    func located(
        _ status: HTTPResponse.Status,
        _ snapshot: ProgressSnapshot,
        _ call: APICall
    ) -> ProgressResponse {
        let tokens = call.permissions.principal.flatMap {
            configuration.authorizer?.tokens(for: snapshot, createdBy: $0)
        }
        var response = snapshotResponse(status, snapshot, call, tokens)
        response.head.headerFields[.location] = call.reference(to: snapshot.id)
        return response
    }

    /// Returns the response to a change: the snapshot with its tag, or the tag alone for `Prefer: return=minimal`.
    func snapshotResponse(
        _ status: HTTPResponse.Status,
        _ snapshot: ProgressSnapshot,
        _ call: APICall,
        _ tokens: ProgressTokens? = nil
    ) -> ProgressResponse {
        var fields: HTTPFields = [.eTag: EntityTag(snapshot.cursor).fieldValue]
        let representation = call.preferences.representation
        if let representation { fields[.preferenceApplied] = "return=\(representation.rawValue)" }
        guard representation != .minimal else {
            return ProgressResponse(status == .ok ? .noContent : status, fields)
        }
        fields[.contentType] = MediaType.json.description
        let lease = snapshot.outcome == nil ? (try? service.getJournal(snapshot.id))?.lease : nil
        let body = ProgressMessage.encodeSnapshot(snapshot, tokens: tokens, lease: lease)
        return ProgressResponse(status, fields, body: .bytes(body))
    }
}

/// The outcome of a creation.
struct Created: Sendable, Hashable {
    let id: ProgressID
    /// The epoch of the created operation; an operation that replaces it has another epoch.
    let epoch: String
}
