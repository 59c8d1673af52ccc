// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A URL with a scheme and an authority (RFC 3986 section 3), taken apart and not judged.
package struct AbsoluteURL {
    /// What stands before `://`, as it is written.
    package let scheme: Substring
    /// What stands between `://` and the path: the host and perhaps a port, and a user where one is named.
    package let authority: Substring
    /// The path, the query and the fragment.
    package let rest: Substring

    /// Takes a URL apart; `nil` where it has no `://`.
    package init?(_ text: String) {
        guard let separator = text.utf8.firstRange(of: "://".utf8) else { return nil }
        scheme = text[..<separator.lowerBound]
        let after = text[separator.upperBound...]
        let end = after.utf8.firstIndex { "/?#".utf8.contains($0) } ?? after.endIndex
        authority = after[..<end]
        rest = after[end...]
    }
}

/// An origin (RFC 6454): a scheme, a host, and a port where it is not the scheme's own.
package struct WebOrigin: Hashable, Sendable {
    /// In small letters.
    package let scheme: Substring
    /// The host, and the port where it is not the scheme's own, in small letters.
    let authority: Substring

    /// Reads what browsers send as `Origin`; `nil` for `null`, for a list, and for what is no origin.
    package init?(_ text: String) {
        guard let url = AbsoluteURL(text.lowercased()), url.rest.isEmpty, !url.authority.isEmpty,
            !url.authority.utf8.contains(where: { ", @".utf8.contains($0) })
        else { return nil }
        scheme = url.scheme
        authority = Self.withoutUsualPort(url.authority, scheme)
    }

    /// Whether a client that asked for an authority, a host and perhaps a port, asked for this origin.
    package func isOf(_ authority: String) -> Bool {
        Self.withoutUsualPort(authority.lowercased()[...], scheme).utf8.elementsEqual(self.authority.utf8)
    }

    private static func withoutUsualPort(_ authority: Substring, _ scheme: Substring) -> Substring {
        let port = scheme == "https" ? ":443" : ":80"
        return authority.utf8.count > port.utf8.count && authority.hasSuffix(port)
            ? authority.dropLast(port.count) : authority
    }
}
