// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressWire

extension ProgressAPI {
    /// `GET /api/v1/progress/{id}`: a snapshot, a stream or a page, by `Accept`.
    func read(_ id: ProgressID?, _ exchange: Exchange) async throws(Refusal) -> ProgressResponse {
        let offers: [MediaType] = [.json] + (configuration.pages == nil ? [] : [.html]) + [.eventStream, .ndjson]
        let type = try exchange.mediaType(of: offers)
        do throws(Refusal) {
            let journal = try journal(id, to: .watch, exchange.access)
            switch type {
            case .html: return page { $0.operation(journal.snapshot()) }
            case .eventStream: return try stream(journal, .eventStream, exchange)
            case .ndjson: return try stream(journal, .lines, exchange)
            default: return try await snapshot(of: journal, exchange)
            }
        } catch {
            guard type == .html else { throw error }
            return page(of: error)
        }
    }

    /// The snapshot, when it is newer than the one the client has; with `Prefer: wait=N` as soon as it is.
    private func snapshot(of journal: ProgressJournal, _ exchange: Exchange) async throws(Refusal) -> ProgressResponse {
        let condition = try exchange.condition(.ifNoneMatch)
        var snapshot = journal.snapshot()
        var fields: HTTPFields = [.cacheControl: exchange.access.principal == nil ? "no-cache" : "private, no-cache"]
        if let condition, let wait = exchange.preferences.wait {
            let time = min(.seconds(min(wait, 1 << 32)), configuration.maximumWait)
            fields[.preferenceApplied] = "wait=\(time.components.seconds)"
            if condition.matchesWeakly(snapshot.cursor), !snapshot.status.isEnd {
                let slot = try shared.quotas.watch(journal, subject: exchange.subject, request: exchange.slot)
                defer { withExtendedLifetime(slot) {} }
                snapshot = try await news(of: journal, after: snapshot, atMost: time, exchange.access)
            }
        }
        fields[.eTag] = EntityTag(snapshot.cursor).fieldValue
        if let condition, condition.matchesWeakly(snapshot.cursor) {
            return ProgressResponse(.notModified, fields)
        }
        fields[.contentType] = MediaType.json.description
        return ProgressResponse(.ok, fields, body: .bytes(ProgressMessage.encodeSnapshot(snapshot)))
    }

    /// The stream of what follows the cursor; 204 where nothing can follow, so that an `EventSource` stays away.
    private func stream(
        _ journal: ProgressJournal,
        _ format: StreamFormat,
        _ exchange: Exchange
    ) throws(Refusal) -> ProgressResponse {
        let text = exchange.cursorText
        // A cursor that cannot be read is like one of another life: known, but not to be resumed.
        let cursor = text.map { ProgressCursor($0) ?? ProgressCursor(epoch: "0", revision: 0) }
        let snapshot = journal.snapshot()
        if snapshot.status.isEnd, cursor == snapshot.cursor { return ProgressResponse(.noContent) }
        let slot = try shared.quotas.watch(journal, subject: exchange.subject, request: exchange.slot)
        return try stream(format, exchange.access, slot) {
            OperationSource(journal, cursor: cursor, format: format)
        }
    }

    /// A response that streams what a source gives; the source is made when the body is read.
    func stream(
        _ format: StreamFormat,
        _ access: Access,
        _ slot: QuotaSlot?,
        _ makeSource: @escaping @Sendable () -> any StreamSource
    ) throws(Refusal) -> ProgressResponse {
        guard !shared.isDraining else { throw Refusal(Problems.shuttingDown) }
        let settings = StreamSettings(
            shared: shared,
            heartbeatInterval: configuration.heartbeatInterval,
            reconnectDelay: configuration.reconnectDelay,
            clock: service.configuration.clock,
            chunkSize: configuration.streamChunkSize,
            expiry: access.expiry(on: service.configuration.clock),
            slot: slot
        )
        let fields: HTTPFields = [
            .contentType: format.mediaType.description,
            .cacheControl: "no-store",
            .accelBuffering: "no",
        ]
        let body = ProgressBodyStream { StreamPump(format: format, settings: settings, makeSource: makeSource) }
        return ProgressResponse(.ok, fields, body: .stream(body))
    }

    /// A page for people.
    func page(_ make: (HTMLPages) -> HTMLPage) -> ProgressResponse {
        guard let pages = configuration.pages else { return ProgressResponse(.notFound) }
        let page = make(pages)
        var fields = page.fields
        fields[.contentType] = "text/html; charset=utf-8"
        return ProgressResponse(.ok, fields, body: .bytes(page.body))
    }

    /// The page for people who have not shown who they are: it takes their token from the URL's fragment, which browsers
    /// do not send, and asks again; `nil` where something else was asked for.
    func page(inPlaceOf refusal: Refusal, _ exchange: Exchange) -> ProgressResponse? {
        guard asksForPage(exchange) else { return nil }
        guard exchange.route == .collection else { return page(of: refusal) }
        var response = page { $0.list() }
        response.head.status = HTTPResponse.Status(code: refusal.problem.status ?? 500)
        response.head.headerFields.append(contentsOf: refusal.fields)
        return response
    }

    /// Whether a page for people is asked for, whose URL may have parameters of its own.
    func asksForPage(_ exchange: Exchange) -> Bool {
        configuration.pages != nil && [.get, .head].contains(exchange.request.method)
            && (try? exchange.mediaType(of: [.json, .html, .eventStream, .ndjson])) == .html
    }

    /// A refusal for people, where there is a page for it.
    func page(of refusal: Refusal) -> ProgressResponse {
        guard let problem = configuration.pages?.problem else { return ProgressResponse(refusal) }
        var response = page { _ in problem(refusal.problem) }
        response.head.status = HTTPResponse.Status(code: refusal.problem.status ?? 500)
        response.head.headerFields.append(contentsOf: refusal.fields)
        return response
    }
}
