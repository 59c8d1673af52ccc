// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgressHTTP
public import NIOCore

/// How many connections there may be, and what one may take before it is a WebSocket: sizes and times.
public struct ConnectionLimits: Sendable {
    /// Open connections in total, or `nil` for any number; past it a newcomer is answered with 503.
    public var maximumConnections: Int? = 100_000
    /// Open connections of one address, or of one /64 of IPv6; past it a newcomer is answered with 429.
    ///
    /// By default any number, since whoever is behind the same proxy has the same address.
    public var maximumConnectionsPerAddress: Int?
    /// Proxies whose connections are those of many clients, and so are not counted by address.
    public var proxies = TrustedProxies()
    /// Bytes of a request's target; more are answered with 414.
    public var maximumTargetSize = 8 * 1024
    /// Bytes of the request line and all fields; more are answered with 431.
    public var maximumHeaderSize = 32 * 1024
    /// Fields of a request; more are answered with 431.
    public var maximumHeaderCount = 128
    /// Bytes of a request's body, or `nil` where the routes look after it; more are answered with 413.
    public var maximumBodySize: Int?
    /// Time from accepting a connection to the end of its TLS handshake, where it is encrypted.
    public var handshakeTimeout = TimeAmount.seconds(10)
    /// Time from accepting a connection, from the end of its TLS handshake, or from the first byte of a later request, to the
    /// whole head; past it 408.
    public var headTimeout = TimeAmount.seconds(10)
    /// Time from a request's head to its end; past it 408.
    public var bodyTimeout = TimeAmount.seconds(60)
    /// Time that a connection stays open between two requests.
    public var idleTimeout = TimeAmount.seconds(60)
    /// Time for which a client may take nothing of an answer or a stream that it is sent; then it is let go.
    public var unreadTimeout = TimeAmount.seconds(30)
    /// Time that a client has to read a refusal before the connection is gone.
    public var lingerTimeout = TimeAmount.seconds(1)

    /// The defaults, as each member says.
    public init() {}

    /// Bytes of a request line whose target is as long as it may be, with the longest method and the version.
    var maximumRequestLineSize: Int { maximumTargetSize + 64 }
}
