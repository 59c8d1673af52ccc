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
    private let sources = FanoutSources()

    /// A host for an API's WebSockets.
    public init(
        api: ProgressAPI,
        limits: ConnectionLimits = ConnectionLimits(),
        watchers: WatcherConfiguration = WatcherConfiguration()
    ) {
        self.api = api
        self.limits = limits
        fanouts = Fanouts(configuration: watchers)
    }

    /// How connections are set up.
    public var connections: ConnectionSetup {
        ConnectionSetup(limits: limits, registry: registry) { [self] in decide($0, $1) }
    }

    /// How many operations and lists are watched over WebSockets.
    public var sourceCount: Int { sources.count }

    /// What is malformed or not allowed goes to the routes, which say why.
    private func decide(_ head: HTTPRequestHead, _ channel: any Channel) -> ConnectionDecision {
        guard let handshake = try? HandshakeRequest(head), let request = HTTPRequest(head) else { return .http }
        switch api.watch(request, from: ProgressCaller(channel)) {
        case .refuse: return .http
        case .accept(let acceptance): return .upgrade(grant(handshake, acceptance))
        case .later(let decide):
            return .later { [self] decided in
                let decision = channel.eventLoop.makeFutureWithTask { await decide() }
                decision.assumeIsolated().whenComplete { result in
                    guard case .success(.accept(let acceptance)) = result else { return decided(.http) }
                    decided(.upgrade(self.grant(handshake, acceptance)))
                }
            }
        }
    }

    private func grant(_ handshake: HandshakeRequest, _ acceptance: WatchAcceptance) -> ConnectionDecision.Grant {
        ConnectionDecision.Grant(
            headers: handshake.acceptance(subprotocol: acceptance.subprotocol)
        ) { [self] channel in
            let source = sources.source(for: acceptance, in: api.service)
            let loop = channel.eventLoop
            return [
                WatcherChannel.makeHandler(
                    on: loop,
                    source: source,
                    cursor: acceptance.cursor,
                    fanouts: fanouts,
                    visitor: WatcherVisitor(acceptance, api: api, eventLoop: loop)
                )
            ]
        }
    }
}
