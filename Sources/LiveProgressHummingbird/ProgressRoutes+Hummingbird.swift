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
        /// Adds the whole HTTP API at the path where it is mounted, `/api/v1/progress` by default.
        ///
        /// The path is absolute: add it to the router itself, or to a group without a path of its own. WebSockets need
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

    /// Answers requests with a progress API: collects their bodies, and writes streams until their clients leave.
    public struct ProgressResponder<Context: RequestContext>: HTTPResponder {
        /// The methods that reach the API; it says itself which of them a path allows.
        public static var methods: [HTTPRequest.Method] { [.get, .head, .post, .put, .patch, .delete, .options] }

        private let progress: ProgressServer
        private var api: ProgressAPI { progress.api }

        /// A responder of the API of what is served.
        public init(_ progress: ProgressServer) {
            self.progress = progress
        }

        /// Answers a request; an upgrade that comes here is refused, because the connection could not leave HTTP.
        public func respond(to request: Request, context: Context) async throws -> Response {
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
            // A client that leaves while it waits frees what it waits for at once.
            let answer = try await withGracefulShutdownHandler {
                try await request.body.consumeWithCancellationOnInboundClose { _ in
                    await api.respond(to: request.head, body: [], from: caller)
                }
            } onGracefulShutdown: {
                progress.leave()
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
                progress.leave()
            }
            try await body.finish(nil)
        }

        /// Watching for a client that leaves takes the connection's input up, so that no further request can be read.
        private func closing(_ response: Response) -> Response {
            var response = response
            response.headers[.connection] = "close"
            return response
        }
    }

    extension Request {
        /// Whether the client lets the answer wait for news, `Prefer: wait` of RFC 7240.
        fileprivate var asksToWait: Bool {
            HTTPField.Name("Prefer").map { headers[values: $0].contains { $0.lowercased().contains("wait") } } ?? false
        }
    }
#endif
