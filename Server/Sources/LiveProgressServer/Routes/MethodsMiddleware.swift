// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import Hummingbird
@_spi(Server) import LiveProgressHTTP
import LiveProgressHummingbird

/// Tells of methods that no route has that they are not implemented (RFC 9110 section 15.6.2), rather than that there
/// is nothing at the path.
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
