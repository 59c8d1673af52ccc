// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import HTTPTypes
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
    /// The connections that are open.
    public let registry = ConnectionRegistry()
    private let fanout: Fanout
    private let sources: FanoutSources
    private let deflate: DeflateServer?
    private let onRefusal: (@Sendable (HTTPRequest, ProgressResponse) -> Void)?

    /// A host for an API's WebSockets.
    /// - Parameters:
    ///   - api: The API whose operations are watched.
    ///   - heartbeat: How it is found out that a watcher has gone without a word; `nil` sends no pings.
    ///   - writePath: How messages get to the sockets.
    ///   - compression: What compresses the messages of watchers who ask for that by permessage-deflate, RFC 7692; `nil`,
    ///     the default, leaves them as they are.
    ///   - onRefusal: Told of each upgrade that is refused, with the answer: the routes do not see it.
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

    /// How connections are set up.
    public var connections: ConnectionSetup { connections(isSecure: false) }

    /// How connections are set up, told whether they are encrypted.
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

    /// Begins to go away: streams end, long polls are answered, WebSockets are closed with 1001, and newcomers are told to come
    /// back later.
    public func leave() {
        api.drain()
        registry.quiesce()
    }

    /// Returns when no connection is open; those that are when the time is over, or when the task is cancelled, are closed.
    ///
    /// - Parameter time: How long clients have to take their leave.
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

    /// How many operations and lists are watched over WebSockets.
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

    /// A request for an upgrade, and what it has been found to be.
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
                return refuse(asked, api.refusal(ofHandshake: "The handshake is not as RFC 6455 section 4.2.1 asks."))
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
    ) -> ConnectionDecision.Grant {
        ConnectionDecision.Grant(
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
    /// The limit that a watcher has met.
    init(_ limit: WebSocketLimit) {
        switch limit {
        case .messageSize: self = .messageSize
        case .messageRate: self = .messageRate
        case .unreadTime: self = .unreadTime
        }
    }
}
