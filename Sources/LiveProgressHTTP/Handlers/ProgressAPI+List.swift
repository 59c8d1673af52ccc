// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
@_spi(Server) import LiveProgressWire

extension ProgressAPI {
    /// Handles `GET /api/v1/progress`: a page of the list, a feed of all changes, or an HTML page, by `Accept`.
    func list(_ call: APICall) throws(Refusal) -> ProgressResponse {
        let offers: [MediaType] = [.json] + (configuration.pages == nil ? [] : [.html]) + [.eventStream, .ndjson]
        let type = try call.mediaType(of: offers)
        if type == .html { return page { $0.list() } }
        let query = try query(call)
        switch type {
        case .eventStream: return try feed(query, .eventStream, call)
        case .ndjson: return try feed(query, .lines, call)
        default:
            let bytes = ProgressMessage.encodePage(service.list(query))
            return ProgressResponse(.ok, [.contentType: MediaType.json.description], body: .bytes(bytes))
        }
    }

    /// Returns the list query of a request, narrowed to the operations that the caller may list.
    func query(_ call: APICall) throws(Refusal) -> ProgressQuery {
        let query = try ProgressQuery(call.parameters, maximumLimit: configuration.maximumPageSize)
        return try call.permissions.narrowed(query)
    }

    private func feed(
        _ query: ProgressQuery,
        _ format: StreamFormat,
        _ call: APICall
    ) throws(Refusal) -> ProgressResponse {
        let slot = try watchSlot(of: nil, call)
        return try stream(format, call.permissions, slot) { [service] in
            FeedSource(service, query: query, format: format)
        }
    }
}
