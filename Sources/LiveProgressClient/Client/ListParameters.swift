// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// A query of the list as the query of a URL.
enum ListParameters {
    /// The query, empty or with its question mark.
    static func query(of query: ProgressQuery) -> String {
        var items = query.statuses.map(\.rawValue).sorted().map { ("status", $0) }
        items += query.labels.sorted { $0.key < $1.key }.map { ("label", "\($0.key)=\($0.value)") }
        if let parent = query.parent { items.append(("parent", parent.rawValue)) }
        items.append(("limit", String(query.limit)))
        if let token = query.pageToken { items.append(("pageToken", token)) }
        return "?" + items.map { "\(escape($0))=\(escape($1))" }.joined(separator: "&")
    }

    /// The text with all but the unreserved characters (RFC 3986, section 2.3) escaped.
    static func escape(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
