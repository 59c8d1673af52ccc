// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgressWebSocket

extension ProgressClient {
    /// How a client behaves: times, limits and retries.
    public struct Configuration: Sendable {
        /// What encrypts connections to `https` and `wss` URLs; without it they are refused.
        public var security: (any ProgressTransportSecurity)?
        /// How long connecting may take, and likewise shaking hands for TLS.
        public var connectTimeout: Duration = .seconds(5)
        /// How long an answer may take, from the request's first byte to the answer's last.
        public var requestTimeout: Duration = .seconds(30)
        /// How often a watch pings its server, so as to notice that it has gone without a word.
        public var pingInterval: Duration = .seconds(25)
        /// How long the server has to answer a ping before the watch reconnects.
        public var pingTimeout: Duration = .seconds(10)
        /// The largest answer and the largest message, in bytes.
        public var maximumAnswerSize = 16 * 1024 * 1024
        /// The ceiling of the first retry's delay, doubled for each further one; the delay itself is random below it.
        public var initialRetryDelay: Duration = .milliseconds(250)
        /// The ceiling of every retry's delay.
        public var maximumRetryDelay: Duration = .seconds(10)
        /// How many tries a watch makes before its first message, or `nil` for no limit.
        public var maximumConnectAttempts: Int? = 5
        /// How many tries in a row a watch makes once it has had a message, or `nil` for no limit.
        public var maximumReconnectAttempts: Int?
        /// Told when a watch has lost its connection, or got none, and how long it waits before it tries again.
        public var onRetry: (@Sendable (_ error: ProgressClientError, _ delay: Duration) -> Void)?
        /// What compresses the messages of a watch, by permessage-deflate (RFC 7692) where the server agrees, such as
        /// `ZlibCodec` of LiveProgressDeflate; `nil`, the default, asks for no compression.
        public var compression: (any DeflateCodec)?
        /// The token that shows who calls, sent with each request and upgrade as `Authorization: Bearer`.
        ///
        /// It stands in no error and no log of the client.
        public var token: String?
        /// Further headers sent with each request.
        public var headers: [(name: String, value: String)] = []
        /// The shortest time between two reports of a ``RemoteTracker`` that say nothing but counts.
        public var reportInterval: Duration = .milliseconds(100)
        /// How long a ``RemoteTracker`` is silent before it renews its lease, which is 60 seconds by default.
        public var heartbeatInterval: Duration = .seconds(20)
        /// How many transitions of a ``RemoteTracker`` wait for a server at most; past it the oldest are folded.
        public var maximumWaitingReports = 1024
        /// Where the randomness of retries comes from: numbers from 0 to 1.
        public var random: @Sendable () -> Double = { Double.random(in: 0...1) }

        /// How to wait, so that tests need not.
        var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

        /// The defaults.
        public init() {}

        /// All headers that go with each request; the token goes before another `Authorization`, since one is all that may be.
        var allHeaders: [(name: String, value: String)] {
            guard let token else { return headers }
            return headers.filter { $0.name.lowercased() != "authorization" } + [("Authorization", "Bearer \(token)")]
        }
    }
}
