// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressGrammar

/// Which pages and names may talk to an API: a pure value, asked once about each request and upgrade.
///
/// A browser tells the origin of the page that asks; a page of another site could otherwise use what its visitor's browser
/// is trusted with. A name that is made to point at this machine (DNS rebinding) is caught by the `Host` field.
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

    /// Whether answers differ by origin.
    var isOpen: Bool { allowsAny || !listed.isEmpty }

    /// Why a request is refused, or `nil` where it may pass.
    ///
    /// - Parameters:
    ///   - request: The request, as its client made it.
    ///   - caller: Who makes it.
    /// - Returns: The problem to answer with.
    func refusal(of request: HTTPRequest, from caller: ProgressCaller) -> ProgressProblem? {
        guard isServed(request.authority, caller) else { return Problems.hostNotServed }
        return isOfAllowedPage(request, caller) ? nil : Problems.originNotAllowed(request.headerFields[.origin])
    }

    /// The origin of another site that a request comes from, and that may read its answer.
    func reader(of request: HTTPRequest) -> String? {
        guard isOpen, let text = request.headerFields[.origin] else { return nil }
        return allowsAny || isListed(WebOrigin(text)) ? text : nil
    }

    private func isServed(_ authority: String?, _ caller: ProgressCaller) -> Bool {
        guard !caller.isForwarded, let authority, !authority.isEmpty else { return true }
        return switch hosts {
        case .any: true
        case .listed(let names): names.contains(authority)
        case .automatic: caller.isSecure || !caller.isOnLoopback || HostNames.loopback.contains(authority)
        }
    }

    private func isListed(_ origin: WebOrigin?) -> Bool { origin.map { listed.contains($0) } ?? false }

    private func isOfAllowedPage(_ request: HTTPRequest, _ caller: ProgressCaller) -> Bool {
        if allowsAny { return true }
        let site = request.headerFields[.secFetchSite]
        if let text = request.headerFields[.origin] {
            // `null` is a sandboxed frame, a file, or a page behind a redirect: nobody that could be listed.
            guard let origin = WebOrigin(text) else { return false }
            return isListed(origin) || site != "cross-site" && isOwn(origin, request.authority ?? "", caller)
        }
        // Browsers leave the origin out of many requests, but say how far off the page is that asks.
        guard site == "cross-site" || site == "same-site" else { return true }
        // A link may be followed from anywhere: it changes nothing, and no other page sees what it shows.
        let isVisit =
            request.headerFields[.secFetchMode] == "navigate" && request.headerFields[.secFetchDest] == "document"
        return isVisit && (request.method == .get || request.method == .head)
    }

    /// Whether a page is of the origin that it asks.
    ///
    /// A page that came encrypted may ask in clear: a proxy may have ended TLS and not be trusted to say so. The other way
    /// round anyone on the network could have written the page.
    private func isOwn(_ origin: WebOrigin, _ authority: String, _ caller: ProgressCaller) -> Bool {
        guard origin.scheme == "https" || origin.scheme == "http" && !caller.isSecure else { return false }
        return origin.isOf(authority)
    }
}

extension HTTPField.Name {
    /// How far off the page is that a request comes from (W3C, Fetch Metadata).
    static let secFetchSite = Self("Sec-Fetch-Site")!
    /// Whether a request follows a link, or is a script's (W3C, Fetch Metadata).
    static let secFetchMode = Self("Sec-Fetch-Mode")!
    /// What the answer becomes (W3C, Fetch Metadata).
    static let secFetchDest = Self("Sec-Fetch-Dest")!
}

extension Problems {
    /// The request names a host that the API does not answer to.
    fileprivate static let hostNotServed = ProgressProblem(
        .hostNotServed,
        "This server does not answer to that name; list the name in its configuration under hosts."
    )

    /// The request comes from a page of a site that is not listed.
    fileprivate static func originNotAllowed(_ origin: String?) -> ProgressProblem {
        ProgressProblem(
            .originNotAllowed,
            "Pages of \(origin ?? "another site") may not talk to this server; "
                + "list the origin in its configuration under origins."
        )
    }
}
