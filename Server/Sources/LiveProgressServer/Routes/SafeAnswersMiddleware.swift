// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import HTTPTypes
package import Hummingbird
import LiveProgress
@_spi(Server) package import LiveProgressHTTP
@_spi(Server) import LiveProgressHummingbird

/// Adds the security header fields for browsers to every response, and converts the router's errors to problem details.
struct SafeAnswersMiddleware<Context: RequestContext>: RouterMiddleware {
    /// The API that determines the header fields.
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
            ? "There is nothing at \(path). Operations are below /api/v1/progress; /openapi.yaml describes the API."
            : nil
        return Response(
            ProgressResponse(problem: ProgressProblem(title: status.reasonPhrase, status: status.code, detail: detail))
        )
    }
}

extension Response {
    /// Creates a response from a response of the API that is not a stream.
    package init(_ answer: ProgressResponse) {
        let body: ResponseBody =
            if case .bytes(let bytes) = answer.body { ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)) } else {
                ResponseBody()
            }
        self.init(status: answer.head.status, headers: answer.head.headerFields, body: body)
    }

    /// Creates a response whose body is the given bytes.
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
