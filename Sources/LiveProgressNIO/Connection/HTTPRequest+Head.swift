// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgressGrammar
import NIOHTTP1

extension HTTPRequest {
    /// Creates a request from the head of an HTTP/1 request; `nil` if a name in the head is not a token.
    init?(_ head: HTTPRequestHead, scheme: String = "http") {
        guard let method = Method(head.method.rawValue) else { return nil }
        var fields = HTTPFields()
        fields.reserveCapacity(head.headers.count)
        var authority: String?
        for (name, value) in head.headers {
            guard let name = UsualNames.name(name) ?? HTTPField.Name(name) else { return nil }
            fields.append(HTTPField(name: name, value: value))
            if authority == nil, name.canonicalName == "host" { authority = value }
        }
        self.init(
            method: method,
            scheme: scheme,
            authority: authority,
            path: Self.path(of: head.uri),
            headerFields: fields
        )
    }

    /// Returns the path of a request target, which may be in the absolute form of RFC 9112 section 3.2.2.
    private static func path(of target: String) -> String {
        guard !target.hasPrefix("/"), let url = AbsoluteURL(target) else { return target }
        return url.rest.hasPrefix("/") ? String(url.rest) : "/\(url.rest)"
    }
}

/// The names of fields that browsers send with a handshake, parsed and lowercased once.
private enum UsualNames {
    private static let byLength: [[HTTPField.Name]] = {
        let names = [
            "Host", "Connection", "Upgrade", "Origin", "Sec-WebSocket-Key", "Sec-WebSocket-Version",
            "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "User-Agent", "Accept-Encoding", "Accept-Language",
            "Cache-Control", "Pragma", "Cookie", "Authorization", "Accept", "Sec-Fetch-Site", "Sec-Fetch-Mode",
            "Sec-Fetch-Dest",
        ]
        let longest = names.map(\.utf8.count).max() ?? 0
        return (0...longest).map { length in
            names.filter { $0.utf8.count == length }.compactMap { HTTPField.Name($0) }
        }
    }()

    static func name(_ text: String) -> HTTPField.Name? {
        let length = text.utf8.count
        guard length < byLength.count else { return nil }
        return byLength[length].first { $0.rawName == text }
    }
}
