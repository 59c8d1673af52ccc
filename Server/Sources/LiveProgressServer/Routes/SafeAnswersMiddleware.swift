// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import HTTPTypes
package import Hummingbird
import LiveProgress
package import LiveProgressHTTP
import LiveProgressHummingbird

/// Gives every answer the fields that keep browsers from harm, and turns the router's own errors into problems.
struct SafeAnswersMiddleware<Context: RequestContext>: RouterMiddleware {
    /// Says which fields those are.
    let api: ProgressAPI

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch let error as any HTTPResponseError {
            response = Self.problem(for: error.status, path: request.uri.path)
            if request.method == .head { response = response.createHeadResponse() }
        }
        api.protect(&response.headers, of: request.head, from: ProgressCaller(request, context))
        return response
    }

    private static func problem(for status: HTTPResponse.Status, path: String) -> Response {
        let detail =
            status == .notFound
            ? "There is nothing at \(path); operations are below /api/v1/progress, and the API is told in /openapi.yaml."
            : nil
        return Response(
            ProgressResponse(problem: ProgressProblem(title: status.reasonPhrase, status: status.code, detail: detail))
        )
    }
}

extension Response {
    /// An answer of the API that has no stream.
    package init(_ answer: ProgressResponse) {
        let body: ResponseBody =
            if case .bytes(let bytes) = answer.body { ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)) } else {
                ResponseBody()
            }
        self.init(status: answer.head.status, headers: answer.head.headerFields, body: body)
    }

    /// An answer of given bytes.
    package init(
        _ bytes: some Sequence<UInt8>,
        type: String,
        status: HTTPResponse.Status = .ok,
        fields: HTTPFields = [:]
    ) {
        var fields = fields
        fields[.contentType] = type
        if fields[.cacheControl] == nil { fields[.cacheControl] = "no-cache" }
        self.init(status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
