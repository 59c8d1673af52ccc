// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressHTTP

/// Which pages and names may talk to a server.
///
/// A browser tells the origin of the page that asks; a page of another site could otherwise drive a server on its
/// visitor's machine. A name that is made to point at this machine (DNS rebinding) is caught by the `Host` field.
struct OriginPolicy: Sendable {
    /// The names that are served; `nil` where all are.
    let hosts: HostNames?
    /// Origins of other sites that are listed.
    let allowedOrigins: Set<String>

    init(_ configuration: ServerConfiguration) {
        allowedOrigins = Set(configuration.origins.map { $0.lowercased() })
        if !configuration.hosts.isEmpty {
            hosts = HostNames(configuration.hosts)
        } else {
            // A browser that was led here by another name finds a certificate of that name missing.
            let isTold = configuration.isInsecure || configuration.transport.tls != nil
            hosts = configuration.isLoopback && !isTold ? .loopback : nil
        }
    }

    /// Why a request is refused, or `nil` where it may pass.
    ///
    /// - Parameters:
    ///   - request: The request, as its client made it.
    ///   - caller: Who makes it; a trusted proxy knows itself which names it serves.
    /// - Returns: The problem to answer with.
    func refusal(of request: HTTPRequest, from caller: ProgressCaller) -> ProgressProblem? {
        if let hosts, !caller.isForwarded, let authority = request.authority, !authority.isEmpty,
            !hosts.contains(authority)
        {
            return .hostNotServed
        }
        return isOfAllowedPage(request) ? nil : .originNotAllowed(request.headerFields[.origin])
    }

    /// The listed origin of another site that a request comes from, which may read its answer.
    func listedOrigin(of request: HTTPRequest) -> String? {
        request.headerFields[.origin].flatMap { allowedOrigins.contains($0.lowercased()) ? $0 : nil }
    }

    private func isOfAllowedPage(_ request: HTTPRequest) -> Bool {
        let site = request.headerFields[.secFetchSite]
        if let origin = request.headerFields[.origin]?.lowercased() {
            if allowedOrigins.contains(origin) { return true }
            // A sandboxed frame, a file, or a page behind a redirect: nobody that could be listed.
            guard origin != "null", site != "cross-site" else { return false }
            let authority = (request.authority ?? "").lowercased()
            return origin == "http://" + authority || origin == "https://" + authority
        }
        // Browsers leave the origin out of many requests, but say how far off the page is that asks.
        guard site == "cross-site" || site == "same-site" else { return true }
        // A link may be followed from anywhere: it changes nothing, and no other page sees what it shows.
        let isVisit =
            request.headerFields[.secFetchMode] == "navigate" && request.headerFields[.secFetchDest] == "document"
        return isVisit && (request.method == .get || request.method == .head)
    }
}

/// Names that a server answers to, without ports.
struct HostNames: Sendable, Equatable {
    private let names: Set<String>
    private let allowsLoopback: Bool

    /// The names that mean this machine itself.
    static let loopback = HostNames(names: [], allowsLoopback: true)

    /// These names; `localhost` stands for all that mean this machine.
    init(_ names: [String]) {
        let names = names.map { $0.lowercased() }
        self.init(names: Set(names), allowsLoopback: names.contains("localhost"))
    }

    private init(names: Set<String>, allowsLoopback: Bool) {
        self.names = names
        self.allowsLoopback = allowsLoopback
    }

    /// Whether an authority, a host and perhaps a port, bears one of the names; a dot at the end of one means nothing.
    func contains(_ authority: String) -> Bool {
        let authority = authority.lowercased()
        var host = Self.host(of: authority.utf8)
        if host.last == UInt8(ascii: ".") { host.removeLast() }
        let name = String(Substring(host))
        return names.contains(name) || allowsLoopback && ServerConfiguration.isLoopback(name)
    }

    private static func host(of authority: String.UTF8View) -> Substring.UTF8View {
        if authority.first == UInt8(ascii: "["), let end = authority.firstIndex(of: UInt8(ascii: "]")) {
            return authority[...end]
        }
        return authority.prefix { $0 != UInt8(ascii: ":") }
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

extension ProgressProblem {
    /// The request names a host that this server does not answer to.
    fileprivate static let hostNotServed = ProgressProblem(
        type: typePrefix + "host-not-served",
        title: "Host not served",
        status: 421,
        detail: "This server does not answer to that name; list the name in its configuration under hosts."
    )

    /// The request comes from a page of a site that is not listed.
    fileprivate static func originNotAllowed(_ origin: String?) -> ProgressProblem {
        ProgressProblem(
            type: typePrefix + "origin-not-allowed",
            title: "Origin not allowed",
            status: 403,
            detail:
                "Pages of \(origin ?? "another site") may not talk to this server; list the origin in its configuration under origins."
        )
    }
}
