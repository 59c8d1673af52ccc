// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import LiveProgress
public import LiveProgressWebSocket

extension ProgressClient {
    /// The configuration of a client: times, limits and retries.
    public struct Configuration: Sendable {
        /// The encryption of connections to `https` and `wss` URLs; without encryption these URLs are refused.
        public var security: (any ProgressTransportSecurity)?
        /// The longest time to connect; the same limit applies to the TLS handshake.
        public var connectTimeout: Duration = .seconds(5)
        /// The longest time from the first byte of a request to the last byte of its response.
        public var requestTimeout: Duration = .seconds(30)
        /// The interval of the pings with which a watch detects a lost server.
        public var pingInterval: Duration = .seconds(25)
        /// The time that the server has to answer a ping before the watch reconnects.
        public var pingTimeout: Duration = .seconds(10)
        /// The largest response and the largest message, in bytes.
        public var maximumAnswerSize = 16 * 1024 * 1024
        /// The upper bound of the first retry's random delay; the bound doubles with each further retry.
        public var initialRetryDelay: Duration = .milliseconds(250)
        /// The upper bound of the delay of every retry.
        public var maximumRetryDelay: Duration = .seconds(10)
        /// The largest number of tries before the first message of a watch, or `nil` for no limit.
        public var maximumConnectAttempts: Int? = 5
        /// The largest number of consecutive tries after the first message of a watch, or `nil` for no limit.
        public var maximumReconnectAttempts: Int?
        /// Called when a connection of a watch has failed or broken, with the delay before the next try.
        public var onRetry: (@Sendable (_ error: ProgressClientError, _ delay: Duration) -> Void)?
        /// The codec for permessage-deflate (RFC 7692), such as `ZlibCodec` of LiveProgressDeflate; by default none.
        ///
        /// Messages of a watch are compressed only if the server agrees. Without a codec the client asks for no
        /// compression.
        public var compression: (any DeflateCodec)?
        /// The token of the caller, sent with each request and upgrade as `Authorization: Bearer`.
        ///
        /// No error and no log of the client has the token.
        public var token: String?
        /// Returns the token of the caller, in place of ``token``.
        ///
        /// The function is called before each request and each connection. If the server says that the token of an open
        /// watch ends, the function is called again, and the new token goes over the open connection. If the function
        /// throws, the request fails as ``ProgressClientError/Code/unavailable``, and a watch tries again later.
        public var tokenSource: (@Sendable () async throws -> String)?
        /// Additional header fields of each request.
        public var headers: [(name: String, value: String)] = []
        /// The shortest time between two requests with reports of one operation.
        public var reportInterval: Duration = .milliseconds(100)
        /// The silence after which a worker renews its lease, until the server has said how long its lease is.
        public var heartbeatInterval: Duration = .seconds(20)
        /// The largest number of revisions of an operation that wait for the server; beyond it the oldest ones are lost.
        public var maximumWaitingReports = 1024
        /// The longest time that ``ProgressClient/run(_:id:labels:lease:patience:operation:)`` waits for the server before
        /// the work begins.
        public var patienceAtStart: Duration = .seconds(2)
        /// The clock of the reports; tests replace it.
        package var clock = ProgressClock.system
        /// The source of random numbers from 0 to 1 for the delays of retries.
        package var random: @Sendable () -> Double = { Double.random(in: 0...1) }

        /// The function that waits; tests replace it.
        var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

        /// Creates the default configuration.
        public init() {}

        /// Returns the same configuration with the token of the ``tokenSource``.
        func authorized() async throws(ProgressClientError) -> ProgressClient.Configuration {
            guard let tokenSource else { return self }
            var configuration = self
            do {
                configuration.token = try await tokenSource()
            } catch {
                let code: ProgressClientError.Code = error is CancellationError ? .cancelled : .unavailable
                throw ProgressClientError(code, "The source of the token failed: \(error)")
            }
            return configuration
        }

        /// The header fields of each request; the token replaces any other `Authorization`, which must be unique.
        var allHeaders: [(name: String, value: String)] {
            guard let token else { return headers }
            return headers.filter { $0.name.lowercased() != "authorization" } + [("Authorization", "Bearer \(token)")]
        }
    }
}
