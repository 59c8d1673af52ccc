// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
public import LiveProgressHTTP
public import NIOCore
public import NIOHTTP1

/// Sets an accepted connection up for HTTP/1.1 with upgrades beside it, on one port.
///
/// ```text
/// bytes ─► first read ─► the granted handlers: the WebSocket
///              └───────► decoder ─► guard ─► upgrade ─► the HTTP path: routes
///                                              └──────► the granted handlers
/// ```
/// An upgrade that comes whole with the first bytes of a connection is answered without any HTTP handler. The HTTP path
/// is set up by the caller when the first ordinary request comes; it sees `HTTPServerRequestPart`s and writes
/// `HTTPServerResponsePart`s. An upgrade that is refused is answered without it.
public struct ConnectionSetup: Sendable {
    /// What a connection may take.
    public var limits: ConnectionLimits
    /// Proxies whose connections are those of many clients, and so are not counted by address.
    public var proxies: TrustedProxies
    /// Where connections are counted.
    public var registry: ConnectionRegistry
    /// Whether the connections are encrypted, which whoever sets them up sees to.
    public var isSecure: Bool
    /// Where those are counted whom a limit turns away.
    public var limitRefusals: LimitRefusals
    /// Decides about each request of a connection, once; called on the connection's event loop, must not block.
    public var decide: @Sendable (HTTPRequestHead, any Channel) -> ConnectionDecision

    /// A setup with the given parts.
    public init(
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

    /// Adds the handlers to a fresh connection; called on its event loop.
    ///
    /// - Parameters:
    ///   - channel: The connection.
    ///   - openPath: Adds the handlers of the HTTP path to the end of the pipeline.
    /// - Returns: What the connection becomes, known with its first request.
    /// - Throws: What adding a handler throws; the connection is of no use then.
    public func configure<Path: Sendable>(
        _ channel: any Channel,
        openPath: @escaping @Sendable (any Channel) -> EventLoopFuture<Path>
    ) throws -> EventLoopFuture<ConnectionOutcome<Path>> {
        let outcome = channel.eventLoop.makePromise(of: ConnectionOutcome<Path>.self)
        do {
            try configure(channel, openPath: openPath) { outcome.succeed($0) }
        } catch {
            outcome.succeed(.closed)
            throw error
        }
        return outcome.futureResult
    }

    /// Adds the handlers to a fresh connection; called on its event loop.
    ///
    /// The same without a future, for a server that takes in thousands of connections at once.
    ///
    /// - Parameters:
    ///   - channel: The connection.
    ///   - openPath: Adds the handlers of the HTTP path to the end of the pipeline.
    ///   - completion: Told once, on the event loop, what the connection becomes, with its first request.
    /// - Throws: What adding a handler throws; the connection is of no use then, and nothing is told.
    public func configure<Path: Sendable>(
        _ channel: any Channel,
        openPath: @escaping @Sendable (any Channel) -> EventLoopFuture<Path>,
        completion: @escaping (ConnectionOutcome<Path>) -> Void
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
        let path = PathBox<Path>()
        let finish: (UpgradeHandler.Outcome) -> Void = { result in
            switch result {
            case .http: completion(path.value.map { .http($0) } ?? .closed)
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
                let openPath = { openPath(channel).assumeIsolated().map { path.value = $0 }.nonisolated() }
                return try httpHandlers(
                    headDeadline: headDeadline,
                    decision: decision,
                    channel: channel,
                    openPath: openPath,
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
        openPath: @escaping () -> EventLoopFuture<Void>,
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
            // A protocol that takes over bounds its clients itself.
            codecs: [decoder, guardian, unread],
            encoder: encoder,
            decision: decision,
            decide: decide,
            openPath: openPath,
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

/// Carries the HTTP path from where it is made to where it is told; used on one event loop only.
private final class PathBox<Path> {
    var value: Path?
}
