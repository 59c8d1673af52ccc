// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The limits for clients; `nil` means no limit.
///
/// A limit refuses new requests and connections, and does not affect existing ones. The limits of all operations
/// together are in `ProgressService.Configuration` of the core.
public struct ProgressLimits: Sendable, Hashable {
    /// The largest body of a request to the API, in bytes; a larger body gets a 413.
    public var maximumBodySize = 1 << 20
    /// The largest number of watchers of one operation: WebSockets, streams and long polls together.
    public var watchersPerOperation: Int? = 100_000
    /// The largest number of watchers of one subject; a watcher without a subject does not count.
    public var watchersPerSubject: Int? = 1000
    /// The largest number of requests in progress, streams and WebSockets of one client address behind trusted proxies.
    ///
    /// An address is one IPv4 address or one IPv6 /64. `ConnectionLimits.maximumConnectionsPerAddress` limits the
    /// clients that connect without a proxy.
    public var requestsPerForwardedAddress: Int? = 1024
    /// The largest number of kept operations that one subject has created.
    public var operationsPerSubject: Int? = 10_000
    /// The average number of reports per second on one operation; a report that ends the operation is always accepted.
    public var reportsPerSecond: Double? = 1000
    /// The largest number of reports on one operation that may arrive together after a pause.
    public var reportBurst = 10_000
    /// The limits of connections; LiveProgressNIO and the products that are built on it apply these limits.
    public var connections = ConnectionLimits()

    /// Creates the default limits.
    public init() {}
}

/// The limits of connections: their number, and sizes and times of each connection.
public struct ConnectionLimits: Sendable, Hashable {
    /// The largest number of open connections in total; a further connection gets a 503.
    public var maximumConnections: Int? = 100_000
    /// The largest number of open connections of one IPv4 address or IPv6 /64; a further connection gets a 429.
    ///
    /// The default is no limit, because all clients behind one proxy have the proxy's address. Connections of trusted
    /// proxies do not count.
    public var maximumConnectionsPerAddress: Int?
    /// The largest target of a request, in bytes; a longer target gets a 414.
    public var maximumTargetSize = 8 * 1024
    /// The largest size of the request line and all header fields, in bytes; a larger head gets a 431.
    public var maximumHeaderSize = 32 * 1024
    /// The largest number of header fields of a request; more fields get a 431.
    public var maximumHeaderCount = 128
    /// The largest body of a request to any route, in bytes; a larger body gets a 413.
    ///
    /// If the limit is `nil`, each route limits the body itself.
    public var maximumBodySize: Int?
    /// The largest WebSocket message of a client, in bytes; a larger message closes the WebSocket with 1009.
    public var maximumMessageSize = 64 * 1024
    /// The largest number of messages, pings and pongs of a WebSocket per minute; one more closes it with 1008.
    public var maximumMessagesPerMinute: Int?
    /// The longest time from accepting a connection to the end of its TLS handshake.
    public var handshakeTimeout = Duration.seconds(10)
    /// The longest time to receive a whole request head; after this time the client gets a 408.
    ///
    /// The time starts when the connection is accepted, at the end of its TLS handshake, or at the first byte of a
    /// later request.
    public var headTimeout = Duration.seconds(10)
    /// The longest time from a request's head to the request's end; after this time the client gets a 408.
    public var bodyTimeout = Duration.seconds(60)
    /// The longest time that a connection is idle between two requests.
    public var idleTimeout = Duration.seconds(60)
    /// The longest time that sent bytes may stay unread; then the connection is closed, a WebSocket with 4008.
    public var unreadTimeout = Duration.seconds(30)
    /// The longest time for the closing handshake of a WebSocket; then the connection is closed.
    public var closeTimeout = Duration.seconds(5)
    /// The time that a client has to read a refusal before its connection is closed.
    public var lingerTimeout = Duration.seconds(1)

    /// Creates the default limits.
    public init() {}

    /// The largest request line, in bytes: the longest target, and 64 bytes for the method and the version.
    package var maximumRequestLineSize: Int { maximumTargetSize + 64 }
}
