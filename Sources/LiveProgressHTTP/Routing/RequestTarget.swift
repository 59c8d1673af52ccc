// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressGrammar
import LiveProgressWire

/// The target of a request: the path and the query of the request line (RFC 9112, section 3.2).
struct RequestTarget {
    /// The path, still percent-encoded.
    let path: Substring
    /// The query without its question mark, still percent-encoded; empty if the target has no query.
    let query: Substring

    /// Parses the origin form `/path?query` or the absolute form `http://host/path?query`.
    init(_ text: String) {
        var rest = text[...]
        if rest.utf8.first != UInt8(ascii: "/"), let url = AbsoluteURL(text) { rest = url.rest }
        let end = Self.firstIndex(in: rest) { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
        path = rest[..<end]
        rest = rest[end...]
        guard rest.utf8.first == UInt8(ascii: "?") else {
            query = ""
            return
        }
        rest = rest[rest.utf8.index(after: end)...]
        query = rest[..<Self.firstIndex(in: rest) { $0 == UInt8(ascii: "#") }]
    }

    /// Returns the index of the first byte that satisfies `isIt`, or the end index.
    private static func firstIndex(in text: Substring, where isIt: (UInt8) -> Bool) -> Substring.Index {
        var copy = text
        let offset = copy.withUTF8 { bytes in bytes.firstIndex(where: isIt) ?? bytes.count }
        return text.utf8.index(text.startIndex, offsetBy: offset)
    }

    /// Returns the names and values of the query in order.
    ///
    /// - Throws: ``WireError`` if a name or value has a broken escape or is not UTF-8.
    func queryItems() throws(WireError) -> [(name: String, value: String)] {
        try FormURLEncoded.fields(of: query.utf8)
    }
}
