// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressGrammar

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
