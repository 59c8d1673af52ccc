// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import HTTPTypes
public import LiveProgress
@_spi(Server) import LiveProgressWire

extension ProgressAPI {
    /// The limits and hooks of the API.
    public struct Configuration: Sendable {
        /// The path where the API is mounted, by default `/api/v1/progress`; the path of each operation is below it.
        public var path = ProgressRoutes.base {
            didSet { path = ProgressRoutes.normalized(path) }
        }
        /// The base URL of the API as other processes reach it, such as `https://example.com`.
        ///
        /// With it, the trackers of the service have a `link`, and a share can be handed over to another process.
        public var publicURL: String?
        /// The longest time for which `Prefer: wait=N` delays a response.
        public var maximumWait: Duration = .seconds(60)
        /// The idle time after which a stream sends a comment or an empty line, to keep the connection open.
        public var heartbeatInterval: Duration = .seconds(25)
        /// The delay before clients reconnect, for `retry:` of event streams and for `Retry-After`.
        public var reconnectDelay: Duration = .seconds(2)
        /// The approximate number of event bytes in one chunk of a stream.
        package var streamChunkSize = 64 * 1024
        /// The largest number of operations on one page of the list.
        public var maximumPageSize = 1000
        /// The number of `Idempotency-Key` values kept for creations, and for changes; the oldest are removed first.
        package var maximumIdempotencyKeys = 10_000
        /// The limits for clients.
        public var limits = ProgressLimits()
        /// The counts of requests that each limit refused; by default for this API alone.
        public var limitRefusals = LimitRefusals()
        /// The HTML pages; without them the API does not offer `text/html`.
        public var pages: HTMLPages?
        /// The origins whose pages may use the API; by default the API's own origin alone.
        public var origins = ProgressOrigins.sameOrigin
        /// The host names that the API accepts.
        ///
        /// By default a server on a loopback address without TLS accepts only loopback names. Any other server accepts
        /// every name.
        public var hosts = ProgressHosts.automatic
        /// Whether responses over TLS have `Strict-Transport-Security` (RFC 6797), for the whole host; by default not.
        @_spi(Server) public var insistsOnTLS = false
        /// The proxies that the API trusts to report where requests come from; by default none.
        public var trustedProxies = TrustedProxies()

        /// The authorizer, which identifies callers and grants permissions; without one every caller may do everything.
        public var authorizer: (any ProgressAuthorizer)?

        /// The other nodes that serve the same operations; `nil` if there are none.
        package var nodes: (any ProgressNodes)?

        /// Creates the default configuration.
        public init() {}
    }
}

/// The functions that make the HTML pages for `Accept: text/html`.
public struct HTMLPages: Sendable {
    /// The page of one operation.
    @_spi(Server) public var operation: @Sendable (ProgressSnapshot) -> HTMLPage
    /// The page of the list.
    @_spi(Server) public var list: @Sendable () -> HTMLPage
    /// The page of a problem, such as an unknown operation; without it the response is JSON.
    @_spi(Server) public var problem: (@Sendable (ProgressProblem) -> HTMLPage)?

    /// Creates pages from functions.
    @_spi(Server) public init(
        operation: @escaping @Sendable (ProgressSnapshot) -> HTMLPage,
        list: @escaping @Sendable () -> HTMLPage,
        problem: (@Sendable (ProgressProblem) -> HTMLPage)? = nil
    ) {
        self.operation = operation
        self.list = list
        self.problem = problem
    }
}

/// One HTML page.
public struct HTMLPage: Sendable {
    /// The page in UTF-8.
    @_spi(Server) public var body: [UInt8]
    /// The header fields of the page, such as `Content-Security-Policy`.
    @_spi(Server) public var fields: HTTPFields

    /// Creates a page from its parts.
    package init(body: [UInt8], fields: HTTPFields = [:]) {
        self.body = body
        self.fields = fields
    }
}
