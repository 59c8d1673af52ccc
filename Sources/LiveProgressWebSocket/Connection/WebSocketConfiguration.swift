// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// How one end of a connection behaves.
public struct WebSocketConfiguration: Sendable, Hashable {
    /// How an end finds out that the other has gone without a word.
    public struct Heartbeat: Sendable, Hashable {
        /// From one ping to the next; 25 s by default.
        public var interval: Duration
        /// How long the peer has to answer; 10 s by default.
        ///
        /// One missed answer closes the connection.
        public var timeout: Duration

        /// A heartbeat of the given times.
        public init(interval: Duration = .seconds(25), timeout: Duration = .seconds(10)) {
            self.interval = interval
            self.timeout = timeout
        }
    }

    /// What a message of the peer may have at most.
    public var limits: WebSocketLimits
    /// The heartbeat; `nil` sends no pings.
    public var heartbeat: Heartbeat?
    /// How long the peer has to take part in closing before the connection is cut; 5 s by default.
    public var closeTimeout: Duration

    /// A configuration of the given parts.
    public init(
        limits: WebSocketLimits = WebSocketLimits(),
        heartbeat: Heartbeat? = Heartbeat(),
        closeTimeout: Duration = .seconds(5)
    ) {
        self.limits = limits
        self.heartbeat = heartbeat
        self.closeTimeout = closeTimeout
    }
}

/// A configuration that many connections share, so that each has one word of it.
package final class SharedConfiguration: Sendable {
    let value: WebSocketConfiguration

    package init(_ value: WebSocketConfiguration) {
        self.value = value
    }
}
