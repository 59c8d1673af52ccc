// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressHTTP

/// Which pages and names may talk to a server that does not ask who they are.
///
/// A browser tells the origin of the page that asks; a page of another site could otherwise drive a server on its
/// visitor's machine. A name that is made to point at this machine (DNS rebinding) is caught by the `Host` field.
struct OriginPolicy: Sendable {
    let allowedOrigins: Set<String>
    let servesLoopbackOnly: Bool

    init(_ configuration: ServerConfiguration) {
        allowedOrigins = Set(configuration.origins.map { $0.lowercased() })
        // A browser that was led here by another name finds a certificate of that name missing.
        servesLoopbackOnly =
            configuration.isLoopback && !configuration.isInsecure && configuration.transport.tls == nil
    }

    /// Why a request is refused, or `nil` where it may pass.
    ///
    /// - Parameters:
    ///   - request: The request, as its client made it.
    ///   - caller: Who makes it; a trusted proxy knows itself which names it serves.
    func refusal(of request: HTTPRequest, from caller: ProgressCaller) -> ProgressProblem? {
        let authority = (request.authority ?? "").lowercased()
        if servesLoopbackOnly, !caller.isForwarded, !authority.isEmpty,
            !ServerConfiguration.isLoopback(Self.host(of: authority))
        {
            return Self.problem(
                421,
                "host-not-served",
                "Host not served",
                "This server listens on the loopback address and serves its names only; start it with --insecure to serve others."
            )
        }
        guard let origin = request.headerFields[.origin]?.lowercased() else { return nil }
        if allowedOrigins.contains(origin) || origin == "http://" + authority || origin == "https://" + authority {
            return nil
        }
        return Self.problem(
            403,
            "origin-not-allowed",
            "Origin not allowed",
            "Pages of \(origin) may not talk to this server; list the origin in its configuration under origins."
        )
    }

    private static func host(of authority: String) -> String {
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") { return String(authority[...end]) }
        return String(authority.prefix { $0 != ":" })
    }

    private static func problem(_ status: Int, _ type: String, _ title: String, _ detail: String) -> ProgressProblem {
        ProgressProblem(type: ProgressProblem.typePrefix + type, title: title, status: status, detail: detail)
    }
}
