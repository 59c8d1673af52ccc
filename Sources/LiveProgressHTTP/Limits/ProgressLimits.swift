// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// How much clients may take: past a limit a newcomer is refused, and those inside notice nothing; `nil` is any amount.
///
/// Here stands every limit but those of all operations together, which the service keeps: `ProgressService.Configuration` in the core.
public struct ProgressLimits: Sendable, Hashable {
    /// Bytes of the body of a request to the API; more are answered with 413.
    public var maximumBodySize = 1 << 20
    /// Watchers of one operation: WebSockets, streams and long polls together.
    public var watchersPerOperation: Int? = 100_000
    /// Watchers of one subject; those of whom nobody knows who they are do not count.
    public var watchersPerSubject: Int? = 1000
    /// Requests that are being answered, streams and WebSockets of one address that trusted proxies tell, or of one /64 of IPv6.
    ///
    /// Who is not behind a proxy is counted by its connections.
    public var requestsPerForwardedAddress: Int? = 1024
    /// Operations that one subject has created and that are kept.
    public var operationsPerSubject: Int? = 10_000
    /// Reports on one operation a second, in the long run; an end is never refused.
    public var reportsPerSecond: Double? = 1000
    /// Reports on one operation that may come at once after a pause.
    public var reportBurst = 10_000
    /// What a connection may take, where Live Progress drives it: in LiveProgressNIO and everything over it.
    public var connections = ConnectionLimits()

    /// The defaults, as each member says.
    public init() {}
}

/// How many connections there may be, and what one may take: sizes and times.
public struct ConnectionLimits: Sendable, Hashable {
    /// Open connections in total; past it a newcomer is answered with 503.
    public var maximumConnections: Int? = 100_000
    /// Open connections of one address, or of one /64 of IPv6; past it a newcomer is answered with 429.
    ///
    /// By default any number, since all clients behind the same proxy have the same address. The connections of trusted
    /// proxies do not count.
    public var maximumConnectionsPerAddress: Int?
    /// Bytes of a request's target; more are answered with 414.
    public var maximumTargetSize = 8 * 1024
    /// Bytes of the request line and all fields; more are answered with 431.
    public var maximumHeaderSize = 32 * 1024
    /// Fields of a request; more are answered with 431.
    public var maximumHeaderCount = 128
    /// Bytes of a request's body to any route, or `nil` where the routes look after it; more are answered with 413.
    public var maximumBodySize: Int?
    /// Bytes of a client's WebSocket message; more are closed with 1009.
    public var maximumMessageSize = 64 * 1024
    /// WebSocket messages, pings and pongs of one client in a minute; more are closed with 1008.
    public var maximumMessagesPerMinute: Int?
    /// Time from accepting a connection to the end of its TLS handshake, where it is encrypted.
    public var handshakeTimeout = Duration.seconds(10)
    /// Time from accepting a connection, from the end of its TLS handshake, or from the first byte of a later request, to the
    /// whole head; past it 408.
    public var headTimeout = Duration.seconds(10)
    /// Time from a request's head to its end; past it 408.
    public var bodyTimeout = Duration.seconds(60)
    /// Time that a connection stays open between two requests.
    public var idleTimeout = Duration.seconds(60)
    /// Time for which a client may take nothing of what it is sent; then its connection is closed, a WebSocket with 4008.
    public var unreadTimeout = Duration.seconds(30)
    /// Time that a client has to take part in closing its WebSocket before the connection is cut.
    public var closeTimeout = Duration.seconds(5)
    /// Time that a client has to read a refusal before the connection is gone.
    public var lingerTimeout = Duration.seconds(1)

    /// The defaults, as each member says.
    public init() {}

    /// Bytes of a request line whose target is as long as it may be, with the longest method and the version.
    package var maximumRequestLineSize: Int { maximumTargetSize + 64 }
}
