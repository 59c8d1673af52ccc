// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import Hummingbird
import LiveProgress
import LiveProgressHTTP

/// Keeps every route from pages and names that may not talk to the server, and lets those of listed origins read the answers.
///
/// No answer is for all origins, and none lets a page use what its visitor's browser is trusted with
/// (`Access-Control-Allow-Credentials`): a page that needs a token brings it.
struct OriginMiddleware: RouterMiddleware {
    typealias Context = ServerRequestContext

    /// Who may.
    let policy: OriginPolicy
    /// Who is believed about the scheme and the name that a client used.
    let proxies: TrustedProxies
    /// Whether connections are encrypted.
    let isSecure: Bool
    /// Paths that are for everyone: they tell nothing, and are asked for by pages and probes that know no more than them.
    private static var openPaths: Set<String> { ["/healthz", "/readyz", "/live-progress.js"] }

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let connection = ProgressCaller(address: context.remoteAddress?.ipAddress, isSecure: isSecure)
        let (head, caller) = proxies.origin(of: request.head, from: connection)
        var response: Response
        if !Self.openPaths.contains(request.uri.path), let problem = policy.refusal(of: head, from: caller) {
            response = Response(ProgressResponse(problem: problem))
        } else if let origin = policy.listedOrigin(of: head), request.isPreflight {
            response = Self.leave(for: origin)
        } else {
            response = try await next(request, context)
            if let origin = policy.listedOrigin(of: head) { Self.open(&response, to: origin) }
        }
        // Answers differ by origin, so that no cache may give one site's to another.
        if !policy.allowedOrigins.isEmpty {
            response.headers[.vary] = response.headers[.vary].map { $0 + ", Origin" } ?? "Origin"
        }
        return response
    }

    /// The answer to a browser that asks before it sends a page's request.
    private static func leave(for origin: String) -> Response {
        var fields: HTTPFields = [
            .accessControlAllowOrigin: origin,
            .accessControlAllowMethods: "GET, HEAD, POST, PUT, PATCH, DELETE",
            .accessControlAllowHeaders:
                "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, Last-Event-ID, Prefer",
            .accessControlMaxAge: "600",
        ]
        fields[.cacheControl] = "no-store"
        return Response(status: .noContent, headers: fields)
    }

    private static func open(_ response: inout Response, to origin: String) {
        response.headers[.accessControlAllowOrigin] = origin
        response.headers[.accessControlExposeHeaders] = "ETag, Location, Preference-Applied, Retry-After"
    }
}

extension Request {
    /// Whether a browser asks for a page's leave: the preflight of the Fetch standard.
    fileprivate var isPreflight: Bool {
        method == .options && headers.contains(.accessControlRequestMethod)
    }
}
