// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressGrammar

/// The encoding of a list query as the query of a URL.
enum ListParameters {
    /// Returns the query of a URL, with its question mark.
    static func query(of query: ProgressQuery) -> String {
        var items = query.statuses.map(\.rawValue).sorted().map { ("status", $0) }
        items += query.labels.sorted { $0.key < $1.key }.map { ("label", "\($0.key)=\($0.value)") }
        if let parent = query.parent { items.append(("parent", parent.rawValue)) }
        items.append(("limit", String(query.limit)))
        if let token = query.pageToken { items.append(("pageToken", token)) }
        return "?" + items.map { "\(PercentCoding.encode($0))=\(PercentCoding.encode($1))" }.joined(separator: "&")
    }
}
