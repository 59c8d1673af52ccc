// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@_spi(Server) import LiveProgressHTTP
public import NIOCore

extension ConnectionSetup {
    /// Sets up an encrypted connection; call it on the connection's event loop.
    ///
    /// ```swift
    /// try setup.secure(channel, by: [NIOSSLServerHandler(context: context)]) { applicationProtocol in
    ///     outcome = try setup.configure(channel) { channel in addRoutes(to: channel) }
    /// }
    /// ```
    /// From this call on, the connection is counted. The connection closes immediately if it exceeds a limit. It also closes if
    /// the handshake takes longer than `ConnectionLimits.handshakeTimeout`.
    ///
    /// - Parameters:
    ///   - channel: The fresh connection.
    ///   - handlers: The handlers that encrypt the connection and report the end of the handshake as
    ///     `TLSUserEvent.handshakeCompleted`.
    ///   - begin: Adds the handlers of the protocol that ALPN selected, `nil` if the client offered none; called once, on the
    ///     event loop, unless the handshake fails.
    /// - Throws: The error of adding a handler; close the connection then.
    public func secure(
        _ channel: any Channel,
        by handlers: [any ChannelHandler],
        begin: @escaping (_ applicationProtocol: String?) throws -> Void
    ) throws {
        switch registry.add(channel, limits: limits, proxies: proxies) {
        case .admitted: break
        case .refused(let limit), .dropped(let limit):
            // No response is possible before the handshake, and a handshake would cost more than the refusal is worth.
            limitRefusals.count(limit)
            return channel.close(promise: nil)
        }
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(CutOffHandler())
        try pipeline.addHandlers(handlers)
        try pipeline.addHandler(HandshakeHandler(timeout: TimeAmount(limits.handshakeTimeout), begin: begin))
    }
}
