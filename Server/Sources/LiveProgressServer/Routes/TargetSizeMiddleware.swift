// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Hummingbird
@_spi(Server) import LiveProgressHTTP

/// Refuses targets that are too long; over HTTP/1.1 the connection's own guard has done so before.
struct TargetSizeMiddleware<Context: RequestContext>: RouterMiddleware {
    /// How many bytes a target may have.
    let limit: Int
    /// Where the refusal is counted.
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
