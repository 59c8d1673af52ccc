// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWebSocket
@_spi(Server) import LiveProgressWire
import NIOCore
import NIOHTTP1
import NIOPosix

/// A connector that connects a watch over WebSocket, in the full format.
struct WebSocketConnector: WatchConnector {
    let id: ProgressID
    let server: ProgressServerAddress
    let configuration: ProgressClient.Configuration
    let group: any EventLoopGroup

    func connect(from cursor: ProgressCursor?) async throws(ProgressClientError) -> sending any WatchConnection {
        do {
            let fields = try await configuration.authorized().allHeaders
            let channel = try await channel()
            let connection = try await WebSocketClientConnection.connect(
                over: channel,
                request: request(from: cursor, fields),
                configuration: webSocketConfiguration,
                timeout: configuration.requestTimeout
            )
            guard connection.subprotocol == ProgressFormat.subprotocol else {
                throw ProgressClientError(
                    .invalidAnswer,
                    "The server at \(server) does not support \(ProgressFormat.subprotocol)."
                )
            }
            return WebSocketWatchConnection(connection, configuration)
        } catch {
            throw connector.error(error, else: Self.error)
        }
    }

    /// Connects; a cancelled task returns without waiting for the system's connect timeout.
    private func channel() async throws -> any Channel {
        let eventLoop = group.next()
        let promise = eventLoop.makePromise(of: (any Channel).self)
        let secured = eventLoop.makePromise(of: Void.self)
        let timeout = TimeAmount(configuration.connectTimeout)
        let (connector, isSecure) = (connector, server.isSecure)
        let connecting = connector.connect(on: eventLoop) { channel in
            guard isSecure else { return secured.succeed() }
            try channel.pipeline.syncOperations.addHandler(HandshakeWaiter(promise: secured, timeout: timeout))
        }
        connecting.whenFailure { secured.fail($0) }
        connecting.flatMap { channel in secured.futureResult.map { channel } }.cascade(to: promise)
        do {
            return try await withTaskCancellationHandler {
                try await promise.futureResult.get()
            } onCancel: {
                promise.fail(CancellationError())
                connecting.whenSuccess { $0.close(promise: nil) }
            }
        } catch {
            throw connector.error(error) { HTTPExchange.unreachable(server, $0) }
        }
    }

    private var connector: ServerConnector { ServerConnector(server: server, configuration: configuration) }

    private func request(
        from cursor: ProgressCursor?,
        _ fields: [(name: String, value: String)]
    ) -> WebSocketClientRequest {
        let query = cursor.map { "?\(ProgressRoutes.cursorParameter)=\($0)" } ?? ""
        return WebSocketClientRequest(
            target: server.prefix + ProgressRoutes.path(for: id, under: server.apiPath) + query,
            host: server.authority,
            subprotocols: [ProgressFormat.subprotocol],
            headers: HTTPHeaders(fields.map { ($0.name, $0.value) }),
            deflate: configuration.compression.map { DeflateClient(codec: $0) }
        )
    }

    private var webSocketConfiguration: WebSocketConfiguration {
        var result = WebSocketConfiguration()
        result.limits.maximumMessageSize = configuration.maximumAnswerSize
        result.heartbeat = WebSocketConfiguration.Heartbeat(
            interval: configuration.pingInterval,
            timeout: configuration.pingTimeout
        )
        return result
    }

    private static func error(_ error: any Error) -> ProgressClientError {
        if Task.isCancelled { return ProgressClientError(.cancelled, "The watch was cancelled.") }
        return switch error {
        case let error as ProgressClientError: error
        case WebSocketConnectError.refused(let refusal):
            ProgressClientError(
                HTTPAnswer(status: Int(refusal.status), headers: refusal.headers, body: refusal.body)
            )
        case WebSocketConnectError.invalidAnswer(let why):
            ProgressClientError(.invalidAnswer, "The server does not support WebSocket: \(why)")
        case WebSocketConnectError.timedOut:
            ProgressClientError(.timedOut, "The server did not answer in time.")
        default: ProgressClientError(.disconnected, "The connection broke (\(error)).")
        }
    }
}

/// One WebSocket of a watch; releasing the object closes the WebSocket.
final class WebSocketWatchConnection: WatchConnection {
    private let connection: WebSocketClientConnection
    private let configuration: ProgressClient.Configuration
    private var messages: WebSocketMessages.AsyncIterator

    init(_ connection: WebSocketClientConnection, _ configuration: ProgressClient.Configuration) {
        self.connection = connection
        self.configuration = configuration
        messages = connection.messages.makeAsyncIterator()
    }

    func next(isolation actor: isolated (any Actor)?) async throws(ProgressClientError) -> WatchInput {
        while true {
            guard let message = await messages.next(isolation: actor) else {
                if Task.isCancelled { throw ProgressClientError(.cancelled, "The watch was cancelled.") }
                let close = await connection.closeReason
                return .closed(code: close.code, reason: close.reason)
            }
            switch try read(message) {
            case .event(let event): return .event(event)
            case .error(let problem) where problem.kind == .unauthenticated: await Self.renew(connection, configuration)
            default: continue
            }
        }
    }

    /// Sends a new token; without one the server closes the connection, and the watch connects again.
    private static func renew(
        _ connection: WebSocketClientConnection,
        _ configuration: ProgressClient.Configuration
    ) async {
        guard configuration.tokenSource != nil, let token = try? await configuration.authorized().token else { return }
        try? await connection.send(text: ProgressClientMessage.authenticate(token: token).text)
    }

    /// Reads a message of the server; `nil` if it is no text.
    private func read(_ message: WebSocketMessage) throws(ProgressClientError) -> ProgressServerMessage? {
        guard message.isText else { return nil }
        do throws(WireError) {
            return try ProgressServerMessage(message.payload.readableBytesView)
        } catch {
            throw ProgressClientError(.invalidAnswer, "The server's message is invalid: \(error)")
        }
    }
}
