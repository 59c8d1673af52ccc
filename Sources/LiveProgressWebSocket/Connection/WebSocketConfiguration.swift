// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The settings of one end of a connection.
public struct WebSocketConfiguration: Sendable, Hashable {
    /// The pings that detect a lost peer.
    public struct Heartbeat: Sendable, Hashable {
        /// The time between two pings; 25 s by default.
        public var interval: Duration
        /// How long the peer has to answer a ping; 10 s by default.
        ///
        /// One missing pong closes the connection.
        public var timeout: Duration

        /// Creates a heartbeat of the given times.
        public init(interval: Duration = .seconds(25), timeout: Duration = .seconds(10)) {
            self.interval = interval
            self.timeout = timeout
        }
    }

    /// The limits on the peer's messages.
    package var limits: WebSocketLimits
    /// The heartbeat; `nil` sends no pings.
    public var heartbeat: Heartbeat?
    /// How long the peer has to complete the close handshake before the connection is closed; 5 s by default.
    package var closeTimeout: Duration

    /// Creates a configuration of the given parts.
    package init(
        limits: WebSocketLimits = WebSocketLimits(),
        heartbeat: Heartbeat? = Heartbeat(),
        closeTimeout: Duration = .seconds(5)
    ) {
        self.limits = limits
        self.heartbeat = heartbeat
        self.closeTimeout = closeTimeout
    }
}

/// A configuration that many connections share, so that each connection stores only a reference.
package final class SharedConfiguration: Sendable {
    let value: WebSocketConfiguration

    package init(_ value: WebSocketConfiguration) {
        self.value = value
    }
}
