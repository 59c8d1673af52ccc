// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOPosix

/// Makes connections to a server, encrypted where its URL says so.
struct ServerConnector: Sendable {
    let server: ProgressServerAddress
    let configuration: ProgressClient.Configuration

    /// Begins to connect; the handlers of TLS come before those that are added.
    ///
    /// - Parameters:
    ///   - eventLoop: Where the connection lives.
    ///   - addHandlers: Adds the handlers of the connection, on the event loop.
    /// - Returns: The connection in clear, or the one over which TLS has begun to shake hands.
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

    /// The client's error for what kept a connection from being made, or broke it.
    func error(_ error: any Error, else make: (any Error) -> ProgressClientError) -> ProgressClientError {
        // What keeps the handlers from being made comes inside of the error of the address that was tried.
        let cause = (error as? NIOConnectionError)?.connectionErrors.first?.error ?? error
        if let error = cause as? ProgressClientError { return error }
        if server.isSecure, let why = configuration.security?.explanation(of: cause) {
            return ProgressClientError(.insecure, "\(server) cannot be trusted: \(why)")
        }
        return make(error)
    }

    /// The error for a server that is to be asked over TLS by a client that has none.
    static func noSecurity(_ server: ProgressServerAddress) -> ProgressClientError {
        ProgressClientError(
            .unsupportedScheme,
            "\(server) needs TLS, and this client has none: set its configuration's security, such as to ClientTLS()."
        )
    }
}
