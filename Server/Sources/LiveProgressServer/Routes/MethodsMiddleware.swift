// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import Hummingbird
@_spi(Server) import LiveProgressHTTP
@_spi(Server) import LiveProgressHummingbird

/// Responds with 501 (RFC 9110 section 15.6.2) to a method that no route supports; the router would respond with 404.
struct MethodsMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard !ProgressResponder<Context>.methods.contains(request.method) else {
            return try await next(request, context)
        }
        return Response(ProgressResponse(problem: .methodNotImplemented(request.method.rawValue)))
    }
}
