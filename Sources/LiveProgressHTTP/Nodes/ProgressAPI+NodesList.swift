// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressGrammar
@_spi(Server) import LiveProgressWire

extension ProgressAPI {
    /// The size of a node's page, so that it fits into a message between nodes; a larger operation is shown without details.
    private static let mostBytes = 512 << 10

    /// Handles a request for the list: the pages of all nodes, merged newest first.
    ///
    /// Each node is asked at the time of the request. The response names the nodes that have not responded.
    func listAll(_ call: APICall, _ nodes: any ProgressNodes) async throws(Refusal) -> ProgressResponse {
        let response = try list(call)
        guard response.head.headerFields[.contentType] == MediaType.json.description else { return response }
        var query = try query(call)
        let token = query.pageToken.flatMap { NodesPageToken($0) } ?? NodesPageToken()
        let (head, caller) = (call.request, call.caller)
        let answers = await nodes.askAll { name in
            var request = NodeRequest(head: head, body: [], caller: caller)
            request.head.method = .get
            request.head.headerFields[.accept] = MediaType.json.description
            request.head.headerFields[.nodeListBefore] = token.numbers[name].map { String($0) }
            return request
        }
        query.pageToken = token.numbers[""].map { String($0) }
        var pages = ["": service.numberedList(query)]
        var missing: [String] = []
        for (name, answer) in answers {
            if let page = answer.flatMap(NumberedPage.init) { pages[name] = page } else { missing.append(name) }
        }
        let (snapshots, next) = token.merge(pages, limit: query.limit)
        let page = ProgressPage(snapshots: snapshots, nextPageToken: next?.text)
        let body = ProgressMessage.encodePage(page, missingNodes: missing.sorted())
        return ProgressResponse(.ok, [.contentType: MediaType.json.description], body: .bytes(body))
    }

    /// Returns a page of this node's operations, for the list of another node.
    func listForNode(_ call: APICall) throws(Refusal) -> ProgressResponse {
        var query = try query(call)
        query.pageToken = call[.nodeListBefore]
        let page = service.numberedList(query)
        var (entries, size) = ([NumberedPage.Entry](), 0)
        for entry in page.entries {
            let length = ProgressMessage.encodeSnapshot(entry.snapshot).count
            if size + min(length, Self.mostBytes) > Self.mostBytes, !entries.isEmpty { break }
            size += length
            let snapshot = length > Self.mostBytes ? entry.snapshot.withoutDetails : entry.snapshot
            entries.append(.init(number: entry.number, snapshot: snapshot))
        }
        let isLast = page.isLast && entries.count == page.entries.count
        let numbers = entries.map { String($0.number) } + (isLast ? [] : ["more"])
        let body = ProgressMessage.encodePage(ProgressPage(snapshots: entries.map(\.snapshot)))
        return ProgressResponse(.ok, [.nodeListNumbers: numbers.joined(separator: ",")], body: .bytes(body))
    }
}

extension NumberedPage {
    /// Reads the response of another node; `nil` if it is no page.
    init?(_ response: ProgressResponse) {
        guard response.head.status == .ok, case .bytes(let bytes) = response.body,
            let page = try? ProgressMessage.decodePage(bytes),
            let text = response.head.headerFields[.nodeListNumbers]
        else { return nil }
        let numbers = text.utf8.split(separator: UInt8(ascii: ",")).compactMap { Int(digits: $0).map { UInt64($0) } }
        guard numbers.count == page.snapshots.count else { return nil }
        self.init(
            entries: zip(numbers, page.snapshots).map { Entry(number: $0, snapshot: $1) },
            isLast: !text.utf8.reversed().starts(with: "more".utf8.reversed())
        )
    }
}
