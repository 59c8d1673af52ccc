// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if Hummingbird
    import HTTPTypes
    public import Hummingbird
    import HummingbirdCore
    import LiveProgressHTTP
    import NIOCore
    import ServiceLifecycle

    extension RouterMethods {
        /// Adds the HTTP API at its configured path, by default `/api/v1/progress`.
        ///
        /// The path is absolute: call this function on the router, or on a group without a path. WebSockets need
        /// ``HummingbirdCore/HTTPServerBuilder/progress(_:isSecure:)`` as the application's server.
        @discardableResult
        public func addProgressRoutes(_ progress: ProgressServer) -> Self {
            let responder = ProgressResponder<Context>(progress)
            let path = progress.api.configuration.path
            for method in ProgressResponder<Context>.methods {
                on("\(path)", method: method, responder: responder)
                on("\(path)/**", method: method, responder: responder)
            }
            return self
        }
    }

    /// A responder that serves a progress API: collects request bodies, and writes streams until clients disconnect.
    @_spi(Server) public struct ProgressResponder<Context: RequestContext>: HTTPResponder {
        /// The methods that the router passes to the API; the API decides which of them a path accepts.
        @_spi(Server) public static var methods: [HTTPRequest.Method] {
            [.get, .head, .post, .put, .patch, .delete, .options]
        }

        private let progress: ProgressServer
        private var api: ProgressAPI { progress.api }

        /// Creates a responder for the API of a server.
        @_spi(Server) public init(_ progress: ProgressServer) {
            self.progress = progress
        }

        /// Responds to a request; refuses an upgrade, because the connection cannot leave HTTP here.
        @_spi(Server) public func respond(to request: Request, context: Context) async throws -> Response {
            let caller = ProgressCaller(request, context)
            if request.headers[.upgrade] != nil, let refusal = await refusal(of: request.head, caller) {
                return response(refusal, to: request)
            }
            guard request.method == .get || request.method == .head else {
                return response(try await answerWithBody(request, caller), to: request)
            }
            guard request.asksToWait else {
                return response(await api.respond(to: request.head, body: [], from: caller), to: request)
            }
            // If the client disconnects during a long poll, the poll ends immediately.
            let answer = try await withGracefulShutdownHandler {
                try await request.body.consumeWithCancellationOnInboundClose { _ in
                    await api.respond(to: request.head, body: [], from: caller)
                }
            } onGracefulShutdown: {
                progress.beginShutdown()
            }
            return closing(response(answer, to: request))
        }

        private func answerWithBody(_ request: Request, _ caller: ProgressCaller) async throws -> ProgressResponse {
            let limit = api.configuration.limits.maximumBodySize
            if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit { return tooLarge() }
            do {
                let body = try await request.body.collect(upTo: limit)
                return await api.respond(to: request.head, body: Array(body.readableBytesView), from: caller)
            } catch is NIOTooManyBytesError {
                return tooLarge()
            }
        }

        private func tooLarge() -> ProgressResponse {
            var answer = api.bodyTooLarge()
            answer.head.headerFields[.connection] = "close"
            return answer
        }

        private func refusal(of head: HTTPRequest, _ caller: ProgressCaller) async -> ProgressResponse? {
            switch await api.watch(head, from: caller).resolved() {
            case .refuse(let answer): answer
            case .accept, .later: ProgressResponse(problem: .noUpgradeHere)
            case .notOurs: nil
            }
        }

        private func response(_ answer: ProgressResponse, to request: Request) -> Response {
            switch answer.body {
            case .empty: Response(status: answer.head.status, headers: answer.head.headerFields)
            case .bytes(let bytes):
                Response(
                    status: answer.head.status,
                    headers: answer.head.headerFields,
                    body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
                )
            case .stream(let stream):
                closing(
                    Response(
                        status: answer.head.status,
                        headers: answer.head.headerFields,
                        body: ResponseBody { writer in try await write(stream, to: &writer, for: request) }
                    )
                )
            }
        }

        private func write(
            _ stream: ProgressBodyStream,
            to writer: inout any ResponseBodyWriter,
            for request: Request
        ) async throws {
            var body = writer
            try await withGracefulShutdownHandler {
                try await request.body.consumeWithCancellationOnInboundClose { _ in
                    for await chunk in stream { try await body.write(ByteBuffer(bytes: chunk)) }
                    try Task.checkCancellation()
                }
            } onGracefulShutdown: {
                progress.beginShutdown()
            }
            try await body.finish(nil)
        }

        /// Returns a response with `Connection: close`.
        ///
        /// The watch for a disconnect consumes the connection's input, so the server cannot read another request.
        private func closing(_ response: Response) -> Response {
            var response = response
            response.headers[.connection] = "close"
            return response
        }
    }

    extension Request {
        /// Whether the client asks for a long poll with `Prefer: wait` (RFC 7240).
        fileprivate var asksToWait: Bool {
            HTTPField.Name("Prefer").map { headers[values: $0].contains { $0.lowercased().contains("wait") } } ?? false
        }
    }
#endif
