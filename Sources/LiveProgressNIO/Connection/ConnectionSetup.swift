// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
@_spi(Server) public import LiveProgressHTTP
public import NIOCore
package import NIOHTTP1

/// Sets up accepted connections: HTTP/1.1 and its upgrades, on one port.
///
/// ```text
/// bytes ─► first read ─► the granted handlers: the WebSocket
///              └───────► decoder ─► guard ─► upgrade ─► the HTTP path: routes
///                                              └──────► the granted handlers
/// ```
/// If the first bytes of a connection hold a whole upgrade request, it is answered without any HTTP handler. Otherwise the caller
/// sets up the HTTP path when the first ordinary request comes. The path receives `HTTPServerRequestPart`s and writes
/// `HTTPServerResponsePart`s. It does not see a refused upgrade.
public struct ConnectionSetup: Sendable {
    /// The limits of each connection.
    @_spi(Server) public var limits: ConnectionLimits
    /// The trusted proxies, whose connections carry many clients and are not counted by address.
    package var proxies: TrustedProxies
    /// The registry that counts the connections.
    @_spi(Server) public var registry: ConnectionRegistry
    /// Whether the connections are encrypted; the caller adds the encryption.
    package var isSecure: Bool
    /// The counters of refusals, one for each limit.
    @_spi(Server) public var limitRefusals: LimitRefusals
    /// Decides about each request once; called on the connection's event loop, must not block.
    package var decide: @Sendable (HTTPRequestHead, any Channel) -> ConnectionDecision

    /// Creates a setup of the given parts.
    package init(
        limits: ConnectionLimits = ConnectionLimits(),
        proxies: TrustedProxies = TrustedProxies(),
        registry: ConnectionRegistry,
        isSecure: Bool = false,
        limitRefusals: LimitRefusals = LimitRefusals(),
        decide: @escaping @Sendable (HTTPRequestHead, any Channel) -> ConnectionDecision
    ) {
        self.limits = limits
        self.proxies = proxies
        self.registry = registry
        self.isSecure = isSecure
        self.limitRefusals = limitRefusals
        self.decide = decide
    }

    /// Adds the handlers to a fresh connection; call it on the connection's event loop.
    ///
    /// - Parameters:
    ///   - channel: The connection.
    ///   - addHTTPHandlers: Adds the handlers of the HTTP path to the end of the pipeline.
    /// - Returns: A future of what the connection becomes; the first request completes the future.
    /// - Throws: The error of adding a handler; close the connection then.
    public func configure<HTTPConnection: Sendable>(
        _ channel: any Channel,
        addHTTPHandlers: @escaping @Sendable (any Channel) -> EventLoopFuture<HTTPConnection>
    ) throws -> EventLoopFuture<ConnectionOutcome<HTTPConnection>> {
        let outcome = channel.eventLoop.makePromise(of: ConnectionOutcome<HTTPConnection>.self)
        do {
            try configure(channel, addHTTPHandlers: addHTTPHandlers) { outcome.succeed($0) }
        } catch {
            outcome.succeed(.closed)
            throw error
        }
        return outcome.futureResult
    }

    /// Adds the handlers to a fresh connection; call it on the connection's event loop.
    ///
    /// This variant makes no future, for a server that accepts thousands of connections at the same time.
    ///
    /// - Parameters:
    ///   - channel: The connection.
    ///   - addHTTPHandlers: Adds the handlers of the HTTP path to the end of the pipeline.
    ///   - completion: Called once, on the event loop, with what the connection becomes; the first request decides.
    /// - Throws: The error of adding a handler; close the connection then. `completion` is not called.
    public func configure<HTTPConnection: Sendable>(
        _ channel: any Channel,
        addHTTPHandlers: @escaping @Sendable (any Channel) -> EventLoopFuture<HTTPConnection>,
        completion: @escaping (ConnectionOutcome<HTTPConnection>) -> Void
    ) throws {
        switch registry.add(channel, limits: limits, proxies: proxies) {
        case .admitted: break
        case .refused(let limit):
            limitRefusals.count(limit)
            let problem = ProgressProblem.tooManyConnections(limit)
            let handler = RefusedConnectionHandler(problem, lingerTimeout: TimeAmount(limits.lingerTimeout))
            try channel.pipeline.syncOperations.addHandler(handler)
            return completion(.closed)
        case .dropped(let limit):
            limitRefusals.count(limit)
            channel.close(promise: nil)
            return completion(.closed)
        }
        let connection = HTTPConnectionBox<HTTPConnection>()
        let finish: (UpgradeHandler.Outcome) -> Void = { result in
            switch result {
            case .http: completion(connection.value.map { .http($0) } ?? .closed)
            case .upgraded: completion(.upgraded)
            case .closed: completion(.closed)
            }
        }
        let first = FirstReadHandler(
            limits: limits,
            limitRefusals: limitRefusals,
            deadlines: registry.headDeadlines(on: channel.eventLoop),
            decide: decide,
            makeHTTPHandlers: { headDeadline, decision in
                let addHTTPHandlers = {
                    addHTTPHandlers(channel).assumeIsolated().map { connection.value = $0 }.nonisolated()
                }
                return try httpHandlers(
                    headDeadline: headDeadline,
                    decision: decision,
                    channel: channel,
                    addHTTPHandlers: addHTTPHandlers,
                    finish: finish
                )
            },
            upgraded: { [registry] in registry.markUpgraded(channel) },
            finish: finish
        )
        try channel.pipeline.syncOperations.addHandler(first)
    }

    private func httpHandlers(
        headDeadline: NIODeadline,
        decision: ConnectionDecision?,
        channel: any Channel,
        addHTTPHandlers: @escaping () -> EventLoopFuture<Void>,
        finish: @escaping (UpgradeHandler.Outcome) -> Void
    ) throws -> [any ChannelHandler] {
        let unread = try addUnreadHandler(to: channel)
        let encoder = HTTPResponseEncoder()
        let decoder = ByteToMessageHandler(
            HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: decoderLimits)
        )
        let guardian = RequestGuardHandler(limits: limits, headDeadline: headDeadline, limitRefusals: limitRefusals)
        let bytes = RequestBytesHandler(guardian: guardian)
        let upgrade = UpgradeHandler(
            bytes: bytes,
            // The new protocol limits unread bytes itself.
            codecs: [decoder, guardian, unread],
            encoder: encoder,
            decision: decision,
            decide: decide,
            addHTTPHandlers: addHTTPHandlers,
            finish: finish,
            upgraded: { [registry] in registry.markUpgraded(channel) }
        )
        return [encoder, bytes, decoder, guardian, upgrade]
    }

    private var decoderLimits: NIOHTTPDecoderLimitConfiguration {
        var decoderLimits = NIOHTTPDecoderLimitConfiguration()
        decoderLimits.maxHeaderFieldSize = limits.maximumHeaderSize
        decoderLimits.maxHeaderListSize = limits.maximumHeaderSize
        decoderLimits.maxHeaderFieldCount = limits.maximumHeaderCount
        return decoderLimits
    }
}

/// Carries the HTTP path from `addHTTPHandlers` to the outcome; used on one event loop only.
private final class HTTPConnectionBox<HTTPConnection> {
    var value: HTTPConnection?
}
