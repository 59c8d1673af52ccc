// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import NIOCore
package import NIOHTTP1

/// The client's end of a WebSocket.
///
/// Read ``messages`` from one task only. The connection closes when the loop over the messages ends, or when the connection and
/// its messages are released.
package final class WebSocketClientConnection: Sendable {
    /// The server's messages, in order, until the connection ends.
    package let messages: WebSocketMessages
    /// The headers of the server's response.
    package let headers: HTTPHeaders
    /// The subprotocol that the server chose; `nil` for none.
    package let subprotocol: String?
    /// Whether the ends negotiated compression.
    package let isCompressed: Bool

    private let channel: any Channel
    private let handler: NIOLoopBound<WebSocketHandler>
    private let closed: EventLoopFuture<WebSocketCloseReason>

    init(
        channel: any Channel,
        handler: NIOLoopBound<WebSocketHandler>,
        session: ClientSession,
        headers: HTTPHeaders,
        subprotocol: String?,
        isCompressed: Bool
    ) {
        self.isCompressed = isCompressed
        self.channel = channel
        self.handler = handler
        self.messages = WebSocketMessages(base: session.messages)
        self.closed = session.closed
        self.headers = headers
        self.subprotocol = subprotocol
    }

    /// Opens a WebSocket on a connected channel that has no handlers except TLS.
    ///
    /// The channel is closed if this function throws or the task is cancelled.
    /// - Parameters:
    ///   - channel: The channel.
    ///   - request: The request for the handshake.
    ///   - configuration: The limits, heartbeat and close timeout.
    ///   - timeout: How long the server has to respond.
    /// - Returns: The open connection.
    /// - Throws: ``WebSocketConnectError``, or an error of the channel.
    package static func connect(
        over channel: any Channel,
        request: WebSocketClientRequest,
        configuration: WebSocketConfiguration = WebSocketConfiguration(),
        timeout: Duration = .seconds(10)
    ) async throws -> WebSocketClientConnection {
        try await withTaskCancellationHandler {
            try await channel.eventLoop.flatSubmit {
                start(on: channel, request, configuration, timeout)
            }.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    /// Sends a text message.
    /// - Parameter text: The message.
    /// - Throws: ``WebSocketConnectError/closed`` if either end has closed the connection, or an error of the
    ///   channel.
    package func send(text: String) async throws {
        try await send(WebSocketMessage(isText: true, payload: ByteBuffer(string: text)))
    }

    /// Sends a message in one frame; returns when the channel has accepted it.
    /// - Parameter message: The message; the payload of a text message must be UTF-8, which is not checked.
    /// - Throws: ``WebSocketConnectError/closed`` if either end has closed the connection, or an error of the channel.
    package func send(_ message: WebSocketMessage) async throws {
        try await channel.eventLoop.flatSubmit { [handler, channel] () -> EventLoopFuture<Void> in
            guard handler.value.isOpen else {
                return channel.eventLoop.makeFailedFuture(WebSocketConnectError.closed)
            }
            let promise = channel.eventLoop.makePromise(of: Void.self)
            handler.value.write(message, promise: promise)
            return promise.futureResult
        }.get()
    }

    /// Begins to close, and returns when the connection has ended.
    /// - Parameters:
    ///   - code: The code for the server: 1000, or an application's 3000-4999.
    ///   - reason: A short text for the server.
    package func close(code: UInt16 = 1000, reason: String = "") async {
        channel.eventLoop.execute { [handler] in
            handler.value.close(WebSocketCloseReason(code: code, reason: reason))
        }
        _ = await closeReason
    }

    /// How the connection ended; suspends until then.
    ///
    /// The result is the server's code and reason, or this end's own if the server broke the protocol. It is 1006 if the
    /// connection broke, and 1005 if the server sent no code.
    package var closeReason: WebSocketCloseReason {
        get async { await (try? closed.get()) ?? .abnormal }
    }
}

extension WebSocketClientConnection {
    private static func start(
        on channel: any Channel,
        _ request: WebSocketClientRequest,
        _ configuration: WebSocketConfiguration,
        _ timeout: Duration
    ) -> EventLoopFuture<WebSocketClientConnection> {
        let promise = channel.eventLoop.makePromise(of: WebSocketClientConnection.self)
        do {
            let encoder = HTTPRequestEncoder()
            let decoder = ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes))
            let gate = AnswerGate()
            let handshake = WebSocketHandshakeHandler(
                request: request,
                key: HandshakeKey(),
                configuration: configuration,
                gate: gate,
                httpHandlers: [decoder, encoder],
                promise: promise
            )
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandlers([gate, encoder])
            try pipeline.addHandler(decoder)
            try pipeline.addHandler(handshake)
            let context = try pipeline.context(handler: handshake)
            let deadline = channel.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(timeout)) {
                handshake.timeOut(context: context)
            }
            promise.futureResult.whenComplete { _ in deadline.cancel() }
        } catch {
            promise.fail(error)
            channel.close(promise: nil)
        }
        return promise.futureResult
    }
}
