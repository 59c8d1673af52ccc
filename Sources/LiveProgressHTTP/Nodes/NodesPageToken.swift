// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressGrammar

/// A page token over several nodes: for each node the number before which its next page begins.
///
/// The text is `NODE~NUMBER.NODE~NUMBER`; the node that responds to the client has an empty name. Nodes that are not in the token
/// begin at their newest operation.
struct NodesPageToken: Hashable {
    private(set) var numbers: [String: UInt64] = [:]

    init() {}

    /// Reads a token; `nil` if the text is none.
    init?(_ text: String) {
        for part in text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
            let pair = part.split(separator: UInt8(ascii: "~"), omittingEmptySubsequences: false)
            guard pair.count == 2, let number = Int(digits: pair[1]).map({ UInt64($0) }) else { return nil }
            numbers[String(Substring(pair[0]))] = number
        }
    }

    var text: String {
        numbers.sorted { $0.key < $1.key }.map { "\($0.key)~\($0.value)" }.joined(separator: ".")
    }

    /// Merges the pages of several nodes, newest first.
    ///
    /// - Parameters:
    ///   - pages: The page of each node, after this token.
    ///   - limit: The most operations to return.
    /// - Returns: The operations, and the token of the next page; `nil` if there is none.
    func merge(_ pages: [String: NumberedPage], limit: Int) -> (snapshots: [ProgressSnapshot], next: NodesPageToken?) {
        var next = self
        var rests = pages.mapValues { $0.entries[...] }
        var snapshots: [ProgressSnapshot] = []
        while snapshots.count < limit {
            // What a node has not sent yet may be newer than what the others have sent.
            if pages.contains(where: { !$0.value.isLast && rests[$0.key]?.isEmpty ?? true }) { break }
            let heads = rests.compactMap { name, rest in rest.first.map { (date: $0.snapshot.createdAt, name: name) } }
            guard let name = heads.max(by: { $0 < $1 })?.name, let entry = rests[name]?.popFirst() else { break }
            snapshots.append(entry.snapshot)
            next.numbers[name] = entry.number
        }
        var hasMore = false
        for (name, page) in pages {
            if rests[name]?.isEmpty ?? true, page.isLast { next.numbers[name] = 0 } else { hasMore = true }
        }
        return (snapshots, hasMore ? next : nil)
    }
}
