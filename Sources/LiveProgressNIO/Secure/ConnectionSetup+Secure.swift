// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP
public import NIOCore

extension ConnectionSetup {
    /// Begins a connection that is encrypted; called on its event loop.
    ///
    /// ```swift
    /// try setup.secure(channel, by: [NIOSSLServerHandler(context: context)]) { applicationProtocol in
    ///     outcome = try setup.configure(channel) { channel in addRoutes(to: channel) }
    /// }
    /// ```
    /// It is counted from now on, closed at once where that is past a limit, and closed when the handshake takes longer than `ConnectionLimits.handshakeTimeout`.
    ///
    /// - Parameters:
    ///   - channel: The connection, fresh.
    ///   - handlers: What encrypts it, and tells the end of the handshake as `TLSUserEvent.handshakeCompleted`.
    ///   - begin: Adds the handlers of the protocol that ALPN agreed on, `nil` where the client did not say; called once,
    ///     on the event loop, unless the handshake fails.
    /// - Throws: What adding a handler throws; the connection is of no use then.
    public func secure(
        _ channel: any Channel,
        by handlers: [any ChannelHandler],
        begin: @escaping (_ applicationProtocol: String?) throws -> Void
    ) throws {
        switch registry.add(channel, limits: limits, proxies: proxies) {
        case .admitted: break
        case .refused(let limit), .dropped(let limit):
            // Nothing can be said before the handshake, which would cost more than the refusal is worth.
            limitRefusals.count(limit)
            return channel.close(promise: nil)
        }
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(CutOffHandler())
        try pipeline.addHandlers(handlers)
        try pipeline.addHandler(HandshakeHandler(timeout: TimeAmount(limits.handshakeTimeout), begin: begin))
    }
}
