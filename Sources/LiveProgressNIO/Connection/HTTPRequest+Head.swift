// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import NIOHTTP1

extension HTTPRequest {
    /// The request that a head of HTTP/1 states, or `nil` where a name in it is no token.
    init?(_ head: HTTPRequestHead, scheme: String = "http") {
        guard let method = Method(head.method.rawValue) else { return nil }
        var fields = HTTPFields()
        for (name, value) in head.headers {
            guard let name = HTTPField.Name(name) else { return nil }
            fields.append(HTTPField(name: name, value: value))
        }
        let authority = head.headers["host"].first
        self.init(
            method: method,
            scheme: scheme,
            authority: authority,
            path: Self.path(of: head.uri),
            headerFields: fields
        )
    }

    /// The path of a request target, which may be in the absolute form of RFC 9112 section 3.2.2.
    private static func path(of target: String) -> String {
        guard !target.hasPrefix("/"), let colon = target.firstRange(of: "://") else { return target }
        return target[colon.upperBound...].firstIndex(of: "/").map { String(target[$0...]) } ?? "/"
    }
}
