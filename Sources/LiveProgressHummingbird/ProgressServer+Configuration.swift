// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if Hummingbird
    public import HTTPTypes
    public import LiveProgressHTTP
    public import LiveProgressNIO
    public import LiveProgressWebSocket

    extension ProgressServer {
        /// The configuration of a server; the defaults are safe for an application whose users have sessions.
        ///
        /// ```swift
        /// var configuration = ProgressServer.Configuration()
        /// configuration.authorizer = SessionAuthorizer(sessions)
        /// configuration.origins = .listed(["https://app.example.com"])
        /// configuration.trustedProxies = try TrustedProxies(["10.0.0.0/8"])
        /// configuration.limits.watchersPerSubject = 20
        /// ```
        public struct Configuration: Sendable {
            /// The configuration of the HTTP API, such as its times and custom pages.
            public var api = ProgressAPI.Configuration()
            /// Whether browsers get the standard page of an operation; by default yes, unless ``api`` has other pages.
            public var showsPages = true
            /// The pings that detect a lost watcher over WebSocket; `nil` sends no pings.
            public var heartbeat: WebSocketConfiguration.Heartbeat? = WebSocketConfiguration.Heartbeat()
            /// The way in which messages are written to the sockets of watchers; by default directly.
            public var writePath = WritePath.direct
            /// The codec that compresses messages for watchers that ask for compression; by default none.
            public var compression: (any DeflateCodec)?
            /// Called for each refused upgrade, which the routes and their middleware do not see.
            public var onRefusal: (@Sendable (HTTPRequest, ProgressResponse) -> Void)?
            /// The time that connections have to end after a shutdown has started; then they are closed.
            public var shutdownTimeout = Duration.milliseconds(1200)

            /// Creates the default configuration.
            public init() {}

            /// The path where the operations are mounted; by default `/api/v1/progress`.
            public var path: String {
                get { api.path }
                set { api.path = newValue }
            }

            /// The origins whose pages may use the API; by default the API's own origin alone.
            public var origins: ProgressOrigins {
                get { api.origins }
                set { api.origins = newValue }
            }

            /// The limits for clients.
            public var limits: ProgressLimits {
                get { api.limits }
                set { api.limits = newValue }
            }

            /// The authorizer, which identifies callers and grants permissions; without one everything is permitted.
            public var authorizer: (any ProgressAuthorizer)? {
                get { api.authorizer }
                set { api.authorizer = newValue }
            }

            /// The proxies that the API trusts to report where requests come from; by default none.
            public var trustedProxies: TrustedProxies {
                get { api.trustedProxies }
                set { api.trustedProxies = newValue }
            }
        }
    }
#endif
