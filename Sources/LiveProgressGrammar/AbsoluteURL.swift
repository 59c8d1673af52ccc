// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A URL with a scheme and an authority (RFC 3986 section 3), split into parts without validation.
package struct AbsoluteURL {
    /// The text before `://`, as written.
    package let scheme: Substring
    /// The text between `://` and the path: the host, with an optional user before it and an optional port after it.
    package let authority: Substring
    /// The path, the query and the fragment.
    package let rest: Substring

    /// Splits a URL; returns `nil` if the text has no `://`.
    package init?(_ text: String) {
        guard let separator = text.utf8.firstRange(of: "://".utf8) else { return nil }
        scheme = text[..<separator.lowerBound]
        let after = text[separator.upperBound...]
        let end = after.utf8.firstIndex { "/?#".utf8.contains($0) } ?? after.endIndex
        authority = after[..<end]
        rest = after[end...]
    }
}

/// An origin (RFC 6454): a scheme, a host, and a port unless it is the scheme's default.
package struct WebOrigin: Hashable, Sendable {
    /// The scheme in lower case.
    package let scheme: Substring
    /// The host in lower case, with the port unless it is the scheme's default.
    let authority: Substring

    /// Reads an `Origin` header field; returns `nil` for `null`, for a list, and for a text that is not an origin.
    package init?(_ text: String) {
        guard let url = AbsoluteURL(text.lowercased()), url.rest.isEmpty, !url.authority.isEmpty,
            !url.authority.utf8.contains(where: { ", @".utf8.contains($0) })
        else { return nil }
        scheme = url.scheme
        authority = Self.withoutUsualPort(url.authority, scheme)
    }

    /// Returns whether a request for an authority (a host and an optional port) is a request for this origin.
    package func isOf(_ authority: String) -> Bool {
        Self.withoutUsualPort(authority.lowercased()[...], scheme).utf8.elementsEqual(self.authority.utf8)
    }

    private static func withoutUsualPort(_ authority: Substring, _ scheme: Substring) -> Substring {
        let port = scheme == "https" ? ":443" : ":80"
        return authority.utf8.count > port.utf8.count && authority.hasSuffix(port)
            ? authority.dropLast(port.count) : authority
    }
}
