// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
public import LiveProgressHTTP
public import LiveProgressWebSocket
import NIOCore
import NIOHTTP1

/// Hosts the WebSockets of a progress API: decides about upgrades, and drives those that are granted.
///
/// One object serves all connections of a server, and may serve several servers.
/// ```swift
/// let hosting = ProgressHosting(api: ProgressAPI(service: service))
/// let outcome = try hosting.connections.configure(channel) { channel in addRoutes(to: channel) }
/// ```
public final class ProgressHosting: Sendable {
    /// The API whose operations are watched.
    public let api: ProgressAPI
    /// What a connection may take.
    public let limits: ConnectionLimits
    /// The connections that are open.
    public let registry = ConnectionRegistry()
    private let fanouts: Fanouts
    private let sources: FanoutSources
    private let deflate: DeflateServer?

    /// A host for an API's WebSockets.
    /// - Parameters:
    ///   - api: The API whose operations are watched.
    ///   - limits: What a connection may take.
    ///   - watchers: How watchers are treated.
    ///   - compression: What compresses the messages of watchers who ask for that by permessage-deflate, RFC 7692; `nil`,
    ///     the default, leaves them as they are.
    public init(
        api: ProgressAPI,
        limits: ConnectionLimits = ConnectionLimits(),
        watchers: WatcherConfiguration = WatcherConfiguration(),
        compression: (any DeflateCodec)? = nil
    ) {
        self.api = api
        self.limits = limits
        let refusals = api.configuration.limitRefusals
        deflate = compression.map { .shared(codec: $0) }
        sources = FanoutSources(deflaters: compression.map { SharedDeflaters(codec: $0) })
        fanouts = Fanouts(configuration: watchers) { refusals.count(ProgressLimit($0)) }
    }

    /// How connections are set up.
    public var connections: ConnectionSetup { connections(isSecure: false) }

    /// How connections are set up, told whether they are encrypted.
    public func connections(isSecure: Bool) -> ConnectionSetup {
        let refusals = api.configuration.limitRefusals
        return ConnectionSetup(limits: limits, registry: registry, isSecure: isSecure, limitRefusals: refusals) {
            [self] in decide($0, $1, isSecure: isSecure)
        }
    }

    /// How many operations and lists are watched over WebSockets.
    public var sourceCount: Int { sources.count }

    /// What is malformed or not allowed goes to the routes, which say why.
    private func decide(_ head: HTTPRequestHead, _ channel: any Channel, isSecure: Bool) -> ConnectionDecision {
        guard let handshake = try? HandshakeRequest(head),
            let request = HTTPRequest(head, scheme: isSecure ? "https" : "http")
        else { return .http }
        let agreement = deflate?.accept(head)
        switch api.watch(request, from: ProgressCaller(channel, isSecure: isSecure), isAnswered: false) {
        case .refuse: return .http
        case .accept(let acceptance): return .upgrade(grant(handshake, acceptance, agreement))
        case .later(let decide):
            return .later { [self] decided in
                let decision = channel.eventLoop.makeFutureWithTask { await decide() }
                decision.assumeIsolated().whenComplete { result in
                    guard case .success(.accept(let acceptance)) = result else { return decided(.http) }
                    decided(.upgrade(self.grant(handshake, acceptance, agreement)))
                }
            }
        }
    }

    private func grant(
        _ handshake: HandshakeRequest,
        _ acceptance: WatchAcceptance,
        _ agreement: (compression: WebSocketCompression, answer: WebSocketExtension)?
    ) -> ConnectionDecision.Grant {
        ConnectionDecision.Grant(
            headers: handshake.acceptance(subprotocol: acceptance.subprotocol, extension: agreement?.answer)
        ) { [self] channel in
            let loop = channel.eventLoop
            return [
                WatcherChannel.makeHandler(
                    on: loop,
                    source: sources.source(for: acceptance, in: api.service, isDeflated: agreement != nil),
                    cursor: acceptance.cursor,
                    fanouts: fanouts,
                    compression: agreement?.compression,
                    visitor: WatcherVisitor(acceptance, api: api, eventLoop: loop),
                    holding: acceptance.place
                )
            ]
        }
    }
}

extension ProgressLimit {
    /// The limit that a watcher has met.
    init(_ limit: WebSocketLimit) {
        switch limit {
        case .messageSize: self = .messageSize
        case .messageRate: self = .messageRate
        case .unreadTime: self = .unreadTime
        }
    }
}
