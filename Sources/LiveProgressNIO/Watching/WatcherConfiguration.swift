// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgressWebSocket

/// How a server treats those who watch.
public struct WatcherConfiguration: Sendable, Hashable {
    /// Limits, heartbeat and closing of each connection.
    public var connection: WebSocketConfiguration
    /// How long a watcher may take no bytes before it is closed with 4008; 30 s by default.
    public var slowLimit: Duration
    /// How messages get to the sockets; by default directly.
    public var writePath: WritePath

    /// A configuration of the given parts.
    public init(
        connection: WebSocketConfiguration = WebSocketConfiguration(),
        slowLimit: Duration = .seconds(30),
        writePath: WritePath = .direct
    ) {
        self.connection = connection
        self.slowLimit = slowLimit
        self.writePath = writePath
    }
}

/// How a connection writes messages that many connections get.
public enum WritePath: String, Sendable, Hashable, CaseIterable {
    /// Straight to the socket while the channel holds nothing back, through the channel otherwise.
    ///
    /// Handlers that neither change nor hold back what the connection writes, such as one that counts bytes, do not see
    /// these writes; encryption and compression are found out and written through.
    case direct
    /// Through the channel's pipeline, always.
    case channel
}
