// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressGrammar

/// The check of the host and the origin of each request and upgrade: a pure value.
///
/// The check of the origin keeps a page of another site from using the cookies of its visitor. The check of the host
/// prevents DNS rebinding, by which a foreign name resolves to this machine.
struct OriginPolicy: Sendable {
    private let hosts: ProgressHosts
    private let allowsAny: Bool
    private let listed: Set<WebOrigin>

    init(_ origins: ProgressOrigins, _ hosts: ProgressHosts) {
        self.hosts = hosts
        switch origins {
        case .sameOrigin: (allowsAny, listed) = (false, [])
        case .listed(let texts): (allowsAny, listed) = (false, Set(texts.compactMap { WebOrigin($0) }))
        case .any: (allowsAny, listed) = (true, [])
        }
    }

    /// Whether pages of other origins may read responses, so that responses differ by origin.
    var isOpen: Bool { allowsAny || !listed.isEmpty }

    /// Returns the reason to refuse a request, or `nil` if the request may pass.
    ///
    /// - Parameters:
    ///   - request: The request as the client sent it, before any trusted proxy.
    ///   - caller: The caller of the request.
    /// - Returns: The problem for the response, or `nil`.
    func refusal(of request: HTTPRequest, from caller: ProgressCaller) -> ProgressProblem? {
        guard isServed(request.authority, caller) else { return Problems.hostNotServed }
        return isOfAllowedPage(request, caller) ? nil : Problems.originNotAllowed(request.headerFields[.origin])
    }

    /// Returns the origin of a request from another site if that origin may read the response; otherwise `nil`.
    func reader(of request: HTTPRequest) -> String? {
        guard isOpen, let text = request.headerFields[.origin] else { return nil }
        return allowsAny || isListed(WebOrigin(text)) ? text : nil
    }

    private func isServed(_ authority: String?, _ caller: ProgressCaller) -> Bool {
        guard let authority, !authority.isEmpty else { return true }
        return switch hosts {
        case .any: true
        case .listed(let names): names.contains(authority)
        case .automatic:
            caller.isForwarded || caller.isSecure || !caller.isOnLoopback || HostNames.loopback.contains(authority)
        }
    }

    private func isListed(_ origin: WebOrigin?) -> Bool { origin.map { listed.contains($0) } ?? false }

    private func isOfAllowedPage(_ request: HTTPRequest, _ caller: ProgressCaller) -> Bool {
        if allowsAny { return true }
        let site = request.headerFields[.secFetchSite]
        if let text = request.headerFields[.origin] {
            // The origin of a sandboxed frame, a file or a redirected page is `null`, which cannot be listed.
            guard let origin = WebOrigin(text) else { return false }
            return isListed(origin) || site != "cross-site" && isOwn(origin, request.authority ?? "", caller)
        }
        // Browsers omit `Origin` in many requests, but send `Sec-Fetch-Site`.
        guard site == "cross-site" || site == "same-site" else { return true }
        // A link on any site may lead here: the request changes nothing, and no other page can read the response.
        let isVisit =
            request.headerFields[.secFetchMode] == "navigate" && request.headerFields[.secFetchDest] == "document"
        return isVisit && (request.method == .get || request.method == .head)
    }

    /// Returns whether a page has the same origin as the server of its request.
    ///
    /// A page with `https` may send a request that arrives in clear: a proxy may have ended TLS without being trusted
    /// to report this. A page with `http` may not send a request over TLS, because anyone on the network could have
    /// written the page.
    private func isOwn(_ origin: WebOrigin, _ authority: String, _ caller: ProgressCaller) -> Bool {
        guard origin.scheme == "https" || origin.scheme == "http" && !caller.isSecure else { return false }
        return origin.isOf(authority)
    }
}

extension HTTPField.Name {
    /// The relation between the site of the page and the server's site (W3C, Fetch Metadata).
    static let secFetchSite = Self("Sec-Fetch-Site")!
    /// The mode of the request, such as `navigate` for a link (W3C, Fetch Metadata).
    static let secFetchMode = Self("Sec-Fetch-Mode")!
    /// The use of the response, such as `document` (W3C, Fetch Metadata).
    static let secFetchDest = Self("Sec-Fetch-Dest")!
}

extension Problems {
    /// The problem of a request for a host that the API does not accept.
    fileprivate static let hostNotServed = ProgressProblem(
        .hostNotServed,
        "This server does not accept that host name; list the name under hosts in the server's configuration."
    )

    /// Returns the problem of a request from a page of a site that is not listed.
    fileprivate static func originNotAllowed(_ origin: String?) -> ProgressProblem {
        ProgressProblem(
            .originNotAllowed,
            "Pages of \(origin ?? "another site") may not use this server; "
                + "list the origin under origins in the server's configuration."
        )
    }
}
