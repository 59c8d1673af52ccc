// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The settings of a client.
public struct NATSConfiguration: Sendable {
    /// The servers of the cluster to try; at least one.
    public var servers: [NATSAddress]
    /// How the client proves who it is.
    public var credentials: NATSCredentials = .address
    /// The name of the client in the server's reports.
    public var name: String
    /// TLS; a server with `tls://`, or one that requires TLS, is connected with it.
    public var tls = TLS()
    /// The time in which a connection must be established, with TLS and credentials.
    public var connectTimeout: Duration = .seconds(5)
    /// The first wait after all servers were tried in vain; it doubles with each further round, up to `maximumBackoff`.
    public var backoff: Duration = .milliseconds(100)
    /// The longest wait between two rounds of tries.
    public var maximumBackoff: Duration = .seconds(5)
    /// The time between two pings of the client.
    ///
    /// After two pings without a response, the connection is closed.
    public var pingInterval: Duration = .seconds(20)
    /// The most bytes that wait to be sent.
    ///
    /// A call that would exceed them throws ``NATSError/Code/bufferFull``.
    public var maximumPendingBytes = 8 << 20
    /// The largest message that the client receives.
    ///
    /// A server's own limit is 1 MiB by default.
    public var maximumMessageBytes = 8 << 20

    /// How a client uses TLS.
    public struct TLS: Sendable, Hashable {
        /// Whether TLS starts at once, before the server's `INFO`, as `handshake_first` of the server requires it.
        public var isFirst = false
        /// The path of a PEM file with the certificate authorities to trust; `nil` for those of the system.
        public var authorities: String?
        /// The path of a PEM file with the client's certificate chain; `nil` for no certificate.
        public var certificate: String?
        /// The path of a PEM file with the private key of the client's certificate.
        public var privateKey: String?

        /// Creates settings that trust the authorities of the system.
        public init() {}
    }

    /// Creates settings with the standard limits and times.
    public init(servers: [NATSAddress], name: String) {
        precondition(!servers.isEmpty, "A client needs the address of at least one server.")
        self.servers = servers
        self.name = name
    }
}
