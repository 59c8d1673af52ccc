// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import HTTPTypes
public import LiveProgress
import LiveProgressWire

extension ProgressAPI {
    /// Limits and hooks of the API.
    public struct Configuration: Sendable {
        /// Where the API is mounted: the path of all operations, below which each has its own; `/api/v1/progress` by default.
        public var path = ProgressRoutes.base {
            didSet { path = ProgressRoutes.normalized(path) }
        }
        /// The longest time for which `Prefer: wait=N` holds an answer back.
        public var maximumWait: Duration = .seconds(60)
        /// After how long without news a stream sends a comment, so that proxies and peers see that it lives.
        public var heartbeatInterval: Duration = .seconds(25)
        /// After how long clients are asked to come back: `retry:` of event streams, and `Retry-After`.
        public var reconnectDelay: Duration = .seconds(2)
        /// About how many bytes of events go into one chunk of a stream.
        public var streamChunkSize = 64 * 1024
        /// The most operations on one page of the list.
        public var maximumPageSize = 1000
        /// How many values of `Idempotency-Key` are remembered for creations, and how many for changes; the newest ones.
        public var maximumIdempotencyKeys = 10_000
        /// How much clients may take.
        public var limits = ProgressLimits()
        /// Where it is counted who was turned away by a limit; by default for this API alone.
        public var limitRefusals = LimitRefusals()
        /// Makes the pages for people, where there are any; without it `text/html` is not on offer.
        public var pages: HTMLPages?
        /// Whose pages may talk to the API; by default those of its own origin alone.
        public var origins = ProgressOrigins.sameOrigin
        /// Which names the API answers to; by default this machine's alone, where only this machine can reach it.
        public var hosts = ProgressHosts.automatic
        /// Whether browsers that come encrypted are told to come so from now on, to anything on this host (RFC 6797); by default not.
        public var insistsOnTLS = false
        /// The proxies that are believed about where requests come from; by default none.
        public var trustedProxies = TrustedProxies()

        /// Decides who asks and what they may do; without it everyone may do everything.
        public var authorizer: (any ProgressAuthorizer)?

        /// The defaults.
        public init() {}
    }
}

/// Makes the pages for people that `Accept: text/html` gets.
public struct HTMLPages: Sendable {
    /// The page of one operation.
    public var operation: @Sendable (ProgressSnapshot) -> HTMLPage
    /// The page of the list.
    public var list: @Sendable () -> HTMLPage
    /// The page that tells of a problem, such as an unknown operation; without it people get the problem as JSON.
    public var problem: (@Sendable (ProgressProblem) -> HTMLPage)?

    /// Pages made by these functions.
    public init(
        operation: @escaping @Sendable (ProgressSnapshot) -> HTMLPage,
        list: @escaping @Sendable () -> HTMLPage,
        problem: (@Sendable (ProgressProblem) -> HTMLPage)? = nil
    ) {
        self.operation = operation
        self.list = list
        self.problem = problem
    }
}

/// One page for people.
public struct HTMLPage: Sendable {
    /// The page in UTF-8.
    public var body: [UInt8]
    /// Fields that belong to it, such as `Content-Security-Policy`.
    public var fields: HTTPFields

    /// A page with the given parts.
    public init(body: [UInt8], fields: HTTPFields = [:]) {
        self.body = body
        self.fields = fields
    }
}
