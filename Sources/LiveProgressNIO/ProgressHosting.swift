// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import HTTPTypes
import LiveProgress
@_spi(Server) public import LiveProgressHTTP
public import LiveProgressWebSocket
import NIOCore
import NIOHTTP1

/// Hosts the WebSockets of a progress API: accepts or refuses upgrade requests, and drives the accepted WebSockets.
///
/// One object serves all connections of a server. It may serve several servers.
/// ```swift
/// let hosting = ProgressHosting(api: ProgressAPI(service: service))
/// let outcome = try hosting.connections.configure(channel) { channel in addRoutes(to: channel) }
/// ```
public final class ProgressHosting: Sendable {
    /// The API whose operations the WebSockets report.
    public let api: ProgressAPI
    /// The open connections.
    @_spi(Server) public let registry = ConnectionRegistry()
    private let fanout: Fanout
    private let sources: FanoutSources
    private let deflate: DeflateServer?
    private let onRefusal: (@Sendable (HTTPRequest, ProgressResponse) -> Void)?

    /// Creates a host for the WebSockets of an API.
    /// - Parameters:
    ///   - api: The API whose operations the WebSockets report.
    ///   - heartbeat: The ping interval and timeout that detect a lost watcher; `nil` sends no pings.
    ///   - writePath: How messages reach the sockets.
    ///   - compression: The codec for watchers that negotiate permessage-deflate (RFC 7692); `nil`, the default, disables
    ///     compression.
    ///   - onRefusal: Called with each refused upgrade request and its response; the routes do not see this request.
    public init(
        api: ProgressAPI,
        heartbeat: WebSocketConfiguration.Heartbeat? = WebSocketConfiguration.Heartbeat(),
        writePath: WritePath = .direct,
        compression: (any DeflateCodec)? = nil,
        onRefusal: (@Sendable (HTTPRequest, ProgressResponse) -> Void)? = nil
    ) {
        self.api = api
        self.onRefusal = onRefusal
        let refusals = api.configuration.limitRefusals
        deflate = compression.map { .shared(codec: $0) }
        sources = FanoutSources(deflaters: compression.map { SharedDeflaters(codec: $0) })
        let limits = api.configuration.limits.connections
        let messages = WebSocketLimits(
            maximumMessageSize: limits.maximumMessageSize,
            maximumMessagesPerMinute: limits.maximumMessagesPerMinute
        )
        let watchers = WatcherConfiguration(
            connection: .init(limits: messages, heartbeat: heartbeat, closeTimeout: limits.closeTimeout),
            slowLimit: limits.unreadTimeout,
            writePath: writePath
        )
        fanout = Fanout(configuration: watchers) { refusals.count(ProgressLimit($0)) }
    }

    /// The setup of unencrypted connections.
    public var connections: ConnectionSetup { connections(isSecure: false) }

    /// Returns the setup of connections that are encrypted, or that are not.
    public func connections(isSecure: Bool) -> ConnectionSetup {
        let configuration = api.configuration
        return ConnectionSetup(
            limits: configuration.limits.connections,
            proxies: configuration.trustedProxies,
            registry: registry,
            isSecure: isSecure,
            limitRefusals: configuration.limitRefusals
        ) { [self] in
            decide($0, $1, isSecure: isSecure)
        }
    }

    /// Starts the shutdown: ends streams, answers long polls, and closes WebSockets with 1001.
    ///
    /// New streams and upgrades receive a response that tells the client to retry later.
    public func beginShutdown() {
        api.drain()
        registry.quiesce()
    }

    /// Returns when no connection is open; closes all connections when the time is over or the task is cancelled.
    ///
    /// - Parameter time: How long clients have to close their connections.
    public func waitUntilEmpty(atMost time: Duration) async {
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { [registry] in
                    if (try? await Task.sleep(for: time)) != nil { registry.closeAll() }
                }
                await registry.waitUntilEmpty()
                group.cancelAll()
            }
        } onCancel: {
            registry.closeAll()
        }
    }

    /// The number of operations and lists that are watched over WebSockets.
    package var sourceCount: Int { sources.count }

    private func decide(_ head: HTTPRequestHead, _ channel: any Channel, isSecure: Bool) -> ConnectionDecision {
        let handshake = try? HandshakeRequest(head)
        guard handshake != nil || HandshakeRequest.isAsked(by: head),
            let request = HTTPRequest(head, scheme: isSecure ? "https" : "http")
        else { return .http }
        let caller = ProgressCaller(channel, isSecure: isSecure)
        let decision = api.watch(request, from: caller, isSound: handshake != nil)
        let asked = Asked(handshake: handshake, request: request, agreement: deflate?.accept(head))
        guard case .later(let decide) = decision else { return answer(to: asked, decision) }
        return .later { [self] decided in
            let decision = channel.eventLoop.makeFutureWithTask { await decide() }
            // The task cannot fail.
            decision.assumeIsolated().whenSuccess { decided(self.answer(to: asked, $0)) }
        }
    }

    /// An upgrade request, with its parsed handshake and the negotiated compression.
    private struct Asked {
        let handshake: HandshakeRequest?
        let request: HTTPRequest
        let agreement: (compression: WebSocketCompression, answer: WebSocketExtension)?
    }

    private func answer(to asked: Asked, _ decision: WatchDecision) -> ConnectionDecision {
        switch decision {
        case .notOurs, .later: return .http
        case .accept(let acceptance):
            guard let handshake = asked.handshake else {
                return refuse(asked, api.refusal(ofHandshake: "The handshake does not satisfy RFC 6455 section 4.2.1."))
            }
            return .upgrade(grant(handshake, acceptance, asked.agreement))
        case .refuse(let answer): return refuse(asked, answer)
        }
    }

    private func refuse(_ asked: Asked, _ answer: ProgressResponse) -> ConnectionDecision {
        onRefusal?(asked.request, answer)
        return .refuse(answer)
    }

    private func grant(
        _ handshake: HandshakeRequest,
        _ acceptance: WatchAcceptance,
        _ agreement: (compression: WebSocketCompression, answer: WebSocketExtension)?
    ) -> ConnectionDecision.Upgrade {
        ConnectionDecision.Upgrade(
            headers: handshake.acceptance(subprotocol: acceptance.subprotocol, extension: agreement?.answer)
        ) { [self] channel in
            let loop = fanout.loop(channel.eventLoop)
            let watcher = Watcher(
                of: loop,
                source: sources.source(for: acceptance, in: api.service, isDeflated: agreement != nil),
                cursor: acceptance.cursor,
                session: WatcherSession(acceptance, api: api, loop: loop),
                holding: acceptance.slot
            )
            return [loop.makeHandler(for: watcher, compression: agreement?.compression)]
        }
    }
}

extension ProgressLimit {
    /// Creates the limit that a watcher exceeded.
    init(_ limit: WebSocketLimit) {
        switch limit {
        case .messageSize: self = .messageSize
        case .messageRate: self = .messageRate
        case .unreadTime: self = .unreadTime
        }
    }
}
