// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// How much clients may take of a server: past a limit a newcomer is refused, and those inside notice nothing.
///
/// The operations in total and the size of a body are in ``ServerConfiguration`` itself.
public struct ServerLimits: Sendable, Hashable {
    /// Open connections in total.
    public var maximumConnections = 100_000
    /// Open connections of one address, or of one /64 of IPv6.
    ///
    /// Where it is `nil`, 1,024, or any number on a loopback address, where all clients have the same. Behind a trusted proxy,
    /// the requests of an address that are being answered, its streams and its WebSockets count.
    public var maximumConnectionsPerAddress: Int?
    /// Watchers of one operation: WebSockets, streams and long polls together.
    public var maximumWatchersPerOperation = 100_000
    /// Watchers of one subject of tokens.
    public var maximumWatchersPerSubject = 1000
    /// Operations of one subject of tokens that are kept.
    public var maximumOperationsPerSubject = 10_000
    /// Bytes of a request's target.
    public var maximumTargetSize = 8 * 1024
    /// Bytes of a request's line and fields.
    public var maximumHeaderSize = 32 * 1024
    /// Bytes of a WebSocket message from a client.
    public var maximumMessageSize = 64 * 1024
    /// WebSocket messages, pings and pongs of one client in a minute.
    public var maximumMessagesPerMinute = 600
    /// Reports on one operation a second, in the long run.
    public var reportsPerSecond = 1000
    /// Reports on one operation that may come at once after a pause.
    public var reportBurst = 10_000
    /// Bytes of reports that are kept of all operations.
    public var maximumHistoryBytes = 1 << 30
    /// Bytes of reports that are kept of one operation.
    public var maximumHistoryBytesPerOperation = 4 << 20
    /// Time for a request's head, be it a handshake's.
    public var headTimeout = Duration.seconds(10)
    /// Time for a request's body.
    public var bodyTimeout = Duration.seconds(60)
    /// Time of a connection between two requests.
    public var idleTimeout = Duration.seconds(60)
    /// Time for which a client, of HTTP or a WebSocket, may take nothing of what it is sent.
    public var unreadTimeout = Duration.seconds(30)

    /// The defaults, as each member says.
    public init() {}
}
