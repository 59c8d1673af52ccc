// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import Hummingbird
import LiveProgressHTTP
import LiveProgressHummingbird

/// Keeps the routes beside the API's own from pages and names that may not talk to the server, as the API keeps its own.
struct OriginMiddleware: RouterMiddleware {
    typealias Context = ServerRequestContext

    /// Decides who may.
    let api: ProgressAPI
    /// Paths that are for everyone: they tell nothing, and are asked for by pages and probes that know no more than them.
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
