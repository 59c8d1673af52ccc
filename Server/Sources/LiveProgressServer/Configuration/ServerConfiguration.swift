// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress
public import LiveProgressHTTP
package import LiveProgressNIO
public import Logging

/// How a stand-alone server runs: where it listens, and what it keeps.
public struct ServerConfiguration: Sendable {
    /// Where operations are kept.
    public enum Store: String, Sendable, Hashable, CaseIterable {
        /// In memory: they are gone with the process.
        case memory
    }

    /// The address to listen on: a name, or an address of IPv4 or IPv6.
    public var host = "127.0.0.1"
    /// The port to listen on; 0 takes any that is free.
    public var port = 8080
    /// Where operations are kept.
    public var store = Store.memory
    /// Whether to serve everyone who can reach the address, although nobody has to show who they are.
    public var isInsecure = false
    /// The least important messages that are logged.
    public var logLevel = Logger.Level.info
    /// Names that the server answers to, without ports; `localhost` stands for all that mean this machine.
    ///
    /// Where there are none, a server on the loopback address answers to this machine's names alone, any other to all.
    public var hosts: [String] = []
    /// Origins of other sites whose pages may talk to this server, such as `https://example.com`.
    public var origins: [String] = []
    /// How operations are kept, and how many.
    public var service = ProgressService.Configuration()
    /// How much clients may take.
    public var limits = ProgressLimits()
    /// Whose tokens are taken.
    public var authorization = AuthorizationConfiguration()
    /// How long clients have to take their leave when the server stops.
    public var shutdownTimeout = Duration.milliseconds(1200)
    /// Whether connections are encrypted, and come through proxies.
    public var transport = TransportSettings()
    /// Whether watchers may ask for compressed messages.
    public var compression = CompressionConfiguration()
    /// How messages get to the sockets of watchers.
    package var writePath = WritePath.direct

    /// The defaults, as each member says; a client sends 600 messages a minute at most.
    public init() {
        limits.connections.maximumMessagesPerMinute = 600
    }

    /// Whether the address is one that only this machine reaches.
    public var isLoopback: Bool { HostNames.isLoopback(host) }

    /// Refuses what would open the server to the world unasked.
    ///
    /// - Throws: ``ServerConfigurationError`` that says what to do.
    public func validate() throws(ServerConfigurationError) {
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

/// A value that the configuration cannot have, and what it can.
public struct ServerConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, where it was said, and what to say instead.
    public let message: String

    /// An error with its message.
    public init(_ message: String) {
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
