// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import LiveProgressWebSocket

/// The settings for the watchers of a server.
package struct WatcherConfiguration: Sendable, Hashable {
    /// The limits, heartbeat and close timeout of each connection.
    package var connection: WebSocketConfiguration
    /// How long a watcher may take no bytes before it is closed with 4008; 30 s by default.
    package var slowLimit: Duration
    /// How messages reach the sockets; directly by default.
    package var writePath: WritePath

    /// Creates a configuration of the given parts.
    package init(
        connection: WebSocketConfiguration = WebSocketConfiguration(),
        slowLimit: Duration = .seconds(30),
        writePath: WritePath = .direct
    ) {
        self.connection = connection
        self.slowLimit = slowLimit
        self.writePath = writePath
    }
}

/// How a connection writes messages that it shares with other connections.
public enum WritePath: String, Sendable, Hashable, CaseIterable {
    /// Directly to the socket while the channel holds no bytes, and through the channel otherwise.
    ///
    /// Handlers that neither change nor delay bytes, such as a byte counter, do not see the direct writes. The connection detects
    /// encryption and compression, and then writes through the channel.
    case direct
    /// Always through the channel's pipeline.
    case channel
}
