// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Whose pages may talk to the API from a browser; clients that are no browser send no origin, and always may.
///
/// The check is what keeps a page of another site from using the cookies of its visitor (cross-site WebSocket hijacking),
/// so it covers upgrades and every request, reading ones too.
public enum ProgressOrigins: Sendable, Hashable {
    /// Pages of the API's own origin alone: the scheme, host and port that the client used.
    ///
    /// Behind a proxy that ends TLS or changes `Host`, name it in ``ProgressAPI/Configuration/trustedProxies``.
    case sameOrigin
    /// Pages of these origins too, such as `https://app.example.com`, which may also read the answers.
    case listed(Set<String>)
    /// Pages of any site. Only for an API that gives nobody more than anyone may have: never with cookies.
    case any

    /// Whether a text names an origin that can be listed, as browsers write it: a scheme, a host, and perhaps a port.
    public static func isOrigin(_ text: String) -> Bool { WebOrigin(text) != nil }
}

/// An origin (RFC 6454): a scheme, a host, and a port where it is not the scheme's own.
struct WebOrigin: Hashable {
    /// In small letters.
    let scheme: Substring
    /// The host, and the port where it is not the scheme's own, in small letters.
    let authority: Substring

    /// Reads what browsers send as `Origin`; `nil` for `null`, for a list, and for what is no origin.
    init?(_ text: String) {
        let text = text.lowercased()
        guard let colon = text.firstRange(of: "://") else { return nil }
        let authority = text[colon.upperBound...]
        guard !authority.isEmpty, !authority.utf8.contains(where: { ", /?#@".utf8.contains($0) }) else { return nil }
        scheme = text[..<colon.lowerBound]
        self.authority = Self.withoutUsualPort(authority, scheme)
    }

    /// Whether a client that asked for an authority, a host and perhaps a port, asked for this origin.
    func isOf(_ authority: String) -> Bool {
        Self.withoutUsualPort(authority.lowercased()[...], scheme).utf8.elementsEqual(self.authority.utf8)
    }

    private static func withoutUsualPort(_ authority: Substring, _ scheme: Substring) -> Substring {
        let port = scheme == "https" ? ":443" : ":80"
        return authority.utf8.count > port.utf8.count && authority.hasSuffix(port)
            ? authority.dropLast(port.count) : authority
    }
}
