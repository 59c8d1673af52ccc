// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOPosix

/// A connector that opens connections to a server, with TLS if the URL of the server asks for TLS.
struct ServerConnector: Sendable {
    let server: ProgressServerAddress
    let configuration: ProgressClient.Configuration

    /// Starts to connect; the handlers of TLS come before the handlers of `addHandlers`.
    ///
    /// - Parameters:
    ///   - eventLoop: The event loop of the connection.
    ///   - addHandlers: Adds the handlers of the connection, on the event loop.
    /// - Returns: The TCP connection; its TLS handshake may still be in progress.
    func connect(
        on eventLoop: any EventLoop,
        addHandlers: @escaping @Sendable (any Channel) throws -> Void
    ) -> EventLoopFuture<any Channel> {
        ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(configuration.connectTimeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if server.isSecure { try channel.pipeline.syncOperations.addHandlers(securityHandlers()) }
                    try addHandlers(channel)
                }
            }
            .connect(host: server.host, port: server.port)
    }

    private func securityHandlers() throws -> [any ChannelHandler] {
        guard let security = configuration.security else { throw Self.noSecurity(server) }
        return try security.makeHandlers(host: server.host)
    }

    /// Returns the client's error for a connection that failed or broke.
    func error(_ error: any Error, else make: (any Error) -> ProgressClientError) -> ProgressClientError {
        // If the handlers cannot be created, their error is inside the connection error of the address.
        let cause = (error as? NIOConnectionError)?.connectionErrors.first?.error ?? error
        if let error = cause as? ProgressClientError { return error }
        if cause is CancellationError { return ProgressClientError(.cancelled, "The task was cancelled.") }
        if server.isSecure, let why = configuration.security?.explanation(of: cause) {
            return ProgressClientError(.insecure, "\(server) cannot be trusted: \(why)")
        }
        return make(error)
    }

    /// Returns the error for a server that needs TLS, if the client has no TLS.
    static func noSecurity(_ server: ProgressServerAddress) -> ProgressClientError {
        ProgressClientError(
            .unsupportedScheme,
            "\(server) needs TLS, and this client has none: set its configuration's security, such as to ClientTLS()."
        )
    }
}
