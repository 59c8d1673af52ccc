// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import Hummingbird
@_spi(Server) import LiveProgressHTTP
@_spi(Server) import LiveProgressHummingbird

/// Applies the API's checks of host and origin to the routes outside the API.
struct OriginMiddleware: RouterMiddleware {
    typealias Context = ServerRequestContext

    /// The API whose checks apply.
    let api: ProgressAPI
    /// The paths without checks: they disclose nothing, and probes and foreign pages request them.
    private static var openPaths: Set<String> { ["/healthz", "/readyz", "/live-progress.js"] }

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let path = request.uri.path
        guard !Self.openPaths.contains(path), !api.handles(path: path),
            let answer = api.screen(request.head, from: ProgressCaller(request, context))
        else { return try await next(request, context) }
        return Response(answer)
    }
}
