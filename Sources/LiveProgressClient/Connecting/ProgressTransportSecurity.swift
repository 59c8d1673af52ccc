// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import NIOCore

/// The encryption of a client's connections to servers with an `https` or `wss` URL.
///
/// The client itself has no TLS, so that a program without TLS builds no TLS library. `ClientTLS` in the product
/// `LiveProgressClientTLS`, behind the trait `ClientTLS`, implements this protocol.
/// ```swift
/// var configuration = ProgressClient.Configuration()
/// configuration.security = try ClientTLS()
/// let client = try ProgressClient(url: "https://progress.example.org", configuration: configuration)
/// ```
public protocol ProgressTransportSecurity: Sendable {
    /// Returns the handlers that encrypt one connection; called on the connection's event loop.
    ///
    /// At the end of the handshake the handlers must fire `TLSUserEvent.handshakeCompleted`.
    ///
    /// - Parameter host: The host of the server's certificate: a name, an IPv4 address, or an IPv6 address without
    ///   brackets.
    /// - Returns: The handlers; the first one is next to the socket.
    /// - Throws: An error if the handlers cannot be created.
    func makeHandlers(host: String) throws -> [any ChannelHandler]

    /// Returns a readable reason for a permanent error of these handlers; otherwise `nil`.
    ///
    /// After a permanent error, such as a certificate that is not trusted, a retry cannot help.
    func explanation(of error: any Error) -> String?
}
