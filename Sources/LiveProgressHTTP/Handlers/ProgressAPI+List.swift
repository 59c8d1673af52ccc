// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
@_spi(Server) import LiveProgressWire

extension ProgressAPI {
    /// Handles `GET /api/v1/progress`: a page of the list, a feed of all changes, or an HTML page, by `Accept`.
    func list(_ exchange: Exchange) throws(Refusal) -> ProgressResponse {
        let offers: [MediaType] = [.json] + (configuration.pages == nil ? [] : [.html]) + [.eventStream, .ndjson]
        let type = try exchange.mediaType(of: offers)
        if type == .html { return page { $0.list() } }
        let query = try query(exchange)
        switch type {
        case .eventStream: return try feed(query, .eventStream, exchange)
        case .ndjson: return try feed(query, .lines, exchange)
        default:
            let bytes = ProgressMessage.encodePage(service.list(query))
            return ProgressResponse(.ok, [.contentType: MediaType.json.description], body: .bytes(bytes))
        }
    }

    /// Returns the list query of a request, narrowed to the operations that the caller may list.
    func query(_ exchange: Exchange) throws(Refusal) -> ProgressQuery {
        let query = try ProgressQuery(exchange.parameters, maximumLimit: configuration.maximumPageSize)
        return try exchange.access.narrowed(query)
    }

    private func feed(
        _ query: ProgressQuery,
        _ format: StreamFormat,
        _ exchange: Exchange
    ) throws(Refusal) -> ProgressResponse {
        let slot = try shared.quotas.watch(nil, subject: exchange.subject, request: exchange.slot)
        return try stream(format, exchange.access, slot) { [service] in
            FeedSource(service, query: query, format: format)
        }
    }
}
