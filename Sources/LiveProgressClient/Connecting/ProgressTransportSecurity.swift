// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import NIOCore

/// What encrypts a client's connections to servers with an `https` or `wss` URL.
///
/// The client has none of its own, so that who speaks in clear builds no TLS library: `ClientTLS` in the product
/// `LiveProgressClientTLS`, behind the trait `ClientTLS`, is one.
/// ```swift
/// var configuration = ProgressClient.Configuration()
/// configuration.security = try ClientTLS()
/// let client = try ProgressClient(url: "https://progress.example.org", configuration: configuration)
/// ```
public protocol ProgressTransportSecurity: Sendable {
    /// The handlers that encrypt one connection, and tell the end of the handshake as `TLSUserEvent.handshakeCompleted`;
    /// called on the connection's event loop.
    ///
    /// - Parameter host: Who the server has to prove to be: a name, an IPv4 address, or an IPv6 address without brackets.
    /// - Returns: The handlers, the one next to the socket first.
    /// - Throws: Why there are none.
    func makeHandlers(host: String) throws -> [any ChannelHandler]

    /// Why a connection was not made or broke, for people, where an error is one of these handlers' own and trying again
    /// would not help, such as a certificate that is not trusted; else `nil`.
    func explanation(of error: any Error) -> String?
}
