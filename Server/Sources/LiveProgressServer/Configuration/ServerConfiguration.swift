// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import LiveProgress
@_spi(Server) package import LiveProgressHTTP
@_spi(Server) package import LiveProgressNIO
package import Logging

/// The configuration of a stand-alone server.
package struct ServerConfiguration: Sendable {
    /// The address to listen on: a host name, an IPv4 address or an IPv6 address.
    package var host = "127.0.0.1"
    /// The port to listen on; 0 selects a free port.
    package var port = 8080
    /// The place where operations are kept.
    package var store = StoreLocation.memory
    /// The backplane of several servers; `nil` for a server of its own.
    package var backplane: BackplaneConfiguration?
    /// The environment variables `LIVE_PROGRESS_…` that nothing reads, such as misspelt ones.
    package var unknownVariables: [String] = []
    /// Whether to serve everyone who can reach the address, even without tokens or TLS.
    package var isInsecure = false
    /// The lowest level of messages that the server logs.
    package var logLevel = Logger.Level.info
    /// The host names that requests may use, without ports; `localhost` stands for all names of the loopback interface.
    ///
    /// If the list is empty, a server on a loopback address without TLS accepts only the names of the loopback interface,
    /// unless ``isInsecure`` is set. Any other server then accepts all names.
    package var hosts: [String] = []
    /// The origins of other sites whose pages may send requests to this server, such as `https://example.com`.
    package var origins: [String] = []
    /// The retention, number and size of operations.
    package var service = ProgressService.Configuration()
    /// The limits of clients.
    package var limits = ProgressLimits()
    /// The keys and rules for tokens.
    package var authorization = AuthorizationConfiguration()
    /// The time for clients to disconnect when the server shuts down.
    package var shutdownTimeout = Duration.milliseconds(1200)
    /// Whether the server tells the service manager, such as systemd, when it is ready and when it stops.
    package var notifiesServiceManager = true
    /// The TLS certificate and the trusted proxies.
    package var transport = TransportSettings()
    /// The settings for compressed WebSocket messages.
    package var compression = CompressionConfiguration()
    /// The way in which messages are written to the sockets of watchers.
    package var writePath = WritePath.direct

    /// Creates a configuration with the defaults of each property; a client may send 600 messages a minute.
    package init() {
        limits.connections.maximumMessagesPerMinute = 600
    }

    /// Whether ``host`` is a loopback address, which only this machine can reach.
    package var isLoopback: Bool { HostNames.isLoopback(host) }

    /// Checks that the configuration does not expose an unprotected server beyond this machine.
    ///
    /// - Throws: ``ServerConfigurationError`` that names the missing protection and the options to add it.
    package func validate() throws(ServerConfigurationError) {
        let exposure = Exposure(
            host: host,
            isInsecure: isInsecure,
            hasKeys: authorization.hasKeys,
            hasTLS: transport.tls != nil,
            hasTrustedProxies: !transport.trustedProxies.isEmpty
        )
        if let objection = exposure.objection { throw ServerConfigurationError(objection) }
    }
}

/// The error for a faulty configuration value or file.
package struct ServerConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A text that names the fault, its source, and the values that are allowed.
    package let message: String

    /// Creates an error with its message.
    package init(_ message: String) {
        self.message = message
    }

    /// The message.
    package var description: String { message }
}
