// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if Hummingbird
    public import HTTPTypes
    public import LiveProgressHTTP
    public import LiveProgressNIO
    public import LiveProgressWebSocket

    extension ProgressServer {
        /// How operations are served; the defaults are safe for an application whose users have sessions.
        ///
        /// ```swift
        /// var configuration = ProgressServer.Configuration()
        /// configuration.authorizer = SessionAuthorizer(sessions)
        /// configuration.origins = .listed(["https://app.example.com"])
        /// configuration.trustedProxies = try TrustedProxies(["10.0.0.0/8"])
        /// configuration.limits.watchersPerSubject = 20
        /// ```
        public struct Configuration: Sendable {
            /// The HTTP API: its times, and pages of one's own.
            public var api = ProgressAPI.Configuration()
            /// Whether people who open an operation's link in a browser get the page that comes with Live Progress; by default
            /// they do, where the API has no other.
            public var showsPages = true
            /// How it is found out that a watcher over WebSocket has gone without a word; `nil` sends no pings.
            public var heartbeat: WebSocketConfiguration.Heartbeat? = WebSocketConfiguration.Heartbeat()
            /// How messages get to the sockets of watchers; by default directly.
            public var writePath = WritePath.direct
            /// What compresses messages for watchers who ask for that; by default nothing.
            public var compression: (any DeflateCodec)?
            /// Told of each upgrade that is refused, which the routes and their middleware do not see.
            public var onRefusal: (@Sendable (HTTPRequest, ProgressResponse) -> Void)?
            /// How long connections have to end once the application goes away; then they are closed.
            public var shutdownTimeout = Duration.milliseconds(1200)

            /// The defaults, as each member says.
            public init() {}

            /// Where the operations are mounted; `/api/v1/progress` by default.
            public var path: String {
                get { api.path }
                set { api.path = newValue }
            }

            /// Whose pages may talk to the API; by default those of its own origin alone.
            public var origins: ProgressOrigins {
                get { api.origins }
                set { api.origins = newValue }
            }

            /// How much clients may take.
            public var limits: ProgressLimits {
                get { api.limits }
                set { api.limits = newValue }
            }

            /// Decides who asks and what they may do; without it everyone may do everything.
            public var authorizer: (any ProgressAuthorizer)? {
                get { api.authorizer }
                set { api.authorizer = newValue }
            }

            /// The proxies that are believed about where requests come from; by default none.
            public var trustedProxies: TrustedProxies {
                get { api.trustedProxies }
                set { api.trustedProxies = newValue }
            }
        }
    }
#endif
