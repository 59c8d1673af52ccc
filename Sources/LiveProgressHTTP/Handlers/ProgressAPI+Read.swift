// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
@_spi(Server) import LiveProgressWire

extension ProgressAPI {
    /// Handles `GET /api/v1/progress/{id}`: a snapshot, a stream or an HTML page, by `Accept`.
    func read(_ id: ProgressID?, _ call: APICall) async throws(Refusal) -> ProgressResponse {
        let offers: [MediaType] = [.json] + (configuration.pages == nil ? [] : [.html]) + [.eventStream, .ndjson]
        let type = try call.mediaType(of: offers)
        do throws(Refusal) {
            let journal = try journal(id, to: .watch, call.permissions, copy: call.copy)
            switch type {
            case .html: return page { $0.operation(journal.snapshot()) }
            case .eventStream: return try stream(journal, .eventStream, call)
            case .ndjson: return try stream(journal, .lines, call)
            default: return try await snapshot(of: journal, call)
            }
        } catch {
            guard type == .html else { throw error }
            return page(of: error)
        }
    }

    /// Returns the snapshot, or a 304 if the client has it already; `Prefer: wait=N` waits for a newer snapshot.
    private func snapshot(of journal: ProgressJournal, _ call: APICall) async throws(Refusal) -> ProgressResponse {
        let condition = try call.condition(.ifNoneMatch)
        var snapshot = journal.snapshot()
        var fields: HTTPFields = [.cacheControl: call.permissions.principal == nil ? "no-cache" : "private, no-cache"]
        if let condition, let wait = call.preferences.wait {
            let time = min(.seconds(min(wait, 1 << 32)), configuration.maximumWait)
            fields[.preferenceApplied] = "wait=\(time.components.seconds)"
            if condition.matchesWeakly(snapshot.cursor), !snapshot.status.isEnd {
                let slot = try watchSlot(of: journal, call)
                defer { withExtendedLifetime(slot) {} }
                snapshot = try await news(of: journal, after: snapshot, atMost: time, call.permissions)
            }
        }
        fields[.eTag] = EntityTag(snapshot.cursor).fieldValue
        if let condition, condition.matchesWeakly(snapshot.cursor) {
            return ProgressResponse(.notModified, fields)
        }
        fields[.contentType] = MediaType.json.description
        return ProgressResponse(.ok, fields, body: .bytes(ProgressMessage.encodeSnapshot(snapshot)))
    }

    /// Returns the stream of events after the cursor, or a 204 if the client has already received the end.
    ///
    /// An `EventSource` does not reconnect after a 204.
    private func stream(
        _ journal: ProgressJournal,
        _ format: StreamFormat,
        _ call: APICall
    ) throws(Refusal) -> ProgressResponse {
        let text = call.cursorText
        // A malformed cursor counts as a cursor of another epoch: the stream starts with the newest snapshot.
        let cursor = text.map { ProgressCursor($0) ?? ProgressCursor(epoch: "0", revision: 0) }
        let snapshot = journal.snapshot()
        if snapshot.status.isEnd, cursor == snapshot.cursor { return ProgressResponse(.noContent) }
        let slot = try watchSlot(of: journal, call)
        return try stream(format, call.permissions, slot) {
            OperationSource(journal, cursor: cursor, format: format)
        }
    }

    /// Returns a response that streams the events of a source; the first read of the body creates the source.
    func stream(
        _ format: StreamFormat,
        _ permissions: CallerPermissions,
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
            expiry: permissions.expiry(on: service.configuration.clock),
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

    /// Returns an HTML page.
    func page(_ make: (HTMLPages) -> HTMLPage) -> ProgressResponse {
        guard let pages = configuration.pages else { return ProgressResponse(.notFound) }
        let page = make(pages)
        var fields = page.fields
        fields[.contentType] = "text/html; charset=utf-8"
        return ProgressResponse(.ok, fields, body: .bytes(page.body))
    }

    /// Returns the HTML page for a request without valid credentials, or `nil` if the client does not want HTML.
    ///
    /// The page takes a token from the fragment of its URL, which browsers do not send, and repeats the request.
    func page(inPlaceOf refusal: Refusal, _ call: APICall) -> ProgressResponse? {
        guard asksForPage(call) else { return nil }
        guard call.route == .collection else { return page(of: refusal) }
        var response = page { $0.list() }
        response.head.status = HTTPResponse.Status(code: refusal.problem.status ?? 500)
        response.head.headerFields.append(contentsOf: refusal.fields)
        return response
    }

    /// Returns whether the client wants an HTML page; the URL of a page may have any parameters.
    func asksForPage(_ call: APICall) -> Bool {
        configuration.pages != nil && [.get, .head].contains(call.request.method)
            && (try? call.mediaType(of: [.json, .html, .eventStream, .ndjson])) == .html
    }

    /// Returns a refusal as an HTML page, or as JSON if the configuration has no page for problems.
    func page(of refusal: Refusal) -> ProgressResponse {
        guard let problem = configuration.pages?.problem else { return ProgressResponse(refusal) }
        var response = page { _ in problem(refusal.problem) }
        response.head.status = HTTPResponse.Status(code: refusal.problem.status ?? 500)
        response.head.headerFields.append(contentsOf: refusal.fields)
        return response
    }
}
