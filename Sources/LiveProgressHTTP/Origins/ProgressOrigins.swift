// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressGrammar

/// The origins whose pages may use the API from a browser.
///
/// Clients other than browsers send no origin, and are always accepted. The check keeps a page of another site from
/// using the cookies of its visitor (cross-site WebSocket hijacking). It covers upgrades and all requests, including
/// requests that only read.
public enum ProgressOrigins: Sendable, Hashable {
    /// Only pages of the API's own origin: the scheme, host and port that the client used.
    ///
    /// If a proxy ends TLS or changes `Host`, name the proxy in ``ProgressAPI/Configuration/trustedProxies``.
    case sameOrigin
    /// Also pages of these origins, such as `https://app.example.com`, which may also read the responses.
    case listed(Set<String>)
    /// Pages of any site.
    ///
    /// Use this case only without cookies, and only if all callers have the same permissions.
    case any

    /// Returns whether a text is an origin as browsers write it: a scheme, a host, and an optional port.
    @_spi(Server) public static func isOrigin(_ text: String) -> Bool { WebOrigin(text) != nil }
}
