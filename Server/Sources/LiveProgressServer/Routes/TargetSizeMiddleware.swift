// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Hummingbird
@_spi(Server) import LiveProgressHTTP

/// Refuses request targets that are too long; over HTTP/1.1 the connection's handlers already refuse them.
struct TargetSizeMiddleware<Context: RequestContext>: RouterMiddleware {
    /// The maximum length of a target in bytes.
    let limit: Int
    /// The counters of refusals, by limit.
    let refusals: LimitRefusals

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard request.head.path?.utf8.count ?? 0 > limit else { return try await next(request, context) }
        refusals.count(.targetSize)
        return Response(ProgressResponse(problem: .targetTooLong(limit: limit)))
    }
}
