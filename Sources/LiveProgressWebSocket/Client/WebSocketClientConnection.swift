// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import NIOCore
public import NIOHTTP1

/// The client's end of a WebSocket.
///
/// Read ``messages``, from one place only. Leaving the loop, or letting the connection and its messages go, closes it.
public final class WebSocketClientConnection: Sendable {
    /// The server's messages, in order, until the connection ends.
    public let messages: WebSocketMessages
    /// The headers of the server's answer.
    public let headers: HTTPHeaders
    /// The subprotocol that the server chose, `nil` for none.
    public let subprotocol: String?
    /// Whether the ends agreed on compression.
    public let isCompressed: Bool

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

    /// Makes a WebSocket of a connected channel, which has no handlers but those of TLS.
    ///
    /// The channel is closed where this throws, and where the task is cancelled.
    /// - Parameters:
    ///   - channel: The channel.
    ///   - request: What is asked for.
    ///   - configuration: Limits, heartbeat and closing.
    ///   - timeout: How long the server has to answer.
    /// - Returns: The open connection.
    /// - Throws: ``WebSocketConnectError``, or an error of the channel.
    public static func connect(
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
    /// - Throws: ``WebSocketConnectError/closed`` if the connection has been closed by either end, or an error of the
    ///   channel.
    public func send(text: String) async throws {
        try await send(WebSocketMessage(isText: true, payload: ByteBuffer(string: text)))
    }

    /// Sends a message, in one frame; returns when the channel has taken it.
    /// - Parameter message: The message; where it is text, its payload must be UTF-8, which is not checked.
    /// - Throws: ``WebSocketConnectError/closed`` if the connection has been closed by either end, or an error of the
    ///   channel.
    public func send(_ message: WebSocketMessage) async throws {
        try await channel.eventLoop.flatSubmit { [handler, channel] () -> EventLoopFuture<Void> in
            guard handler.value.isOpen else {
                return channel.eventLoop.makeFailedFuture(WebSocketConnectError.closed)
            }
            let promise = channel.eventLoop.makePromise(of: Void.self)
            handler.value.write(message, promise: promise)
            return promise.futureResult
        }.get()
    }

    /// Begins to close, and waits until the connection has ended.
    /// - Parameters:
    ///   - code: What the server is told; 1000 or an application's 3000-4999.
    ///   - reason: A short text beside it.
    public func close(code: UInt16 = 1000, reason: String = "") async {
        channel.eventLoop.execute { [handler] in
            handler.value.close(WebSocketCloseReason(code: code, reason: reason))
        }
        _ = await closeReason
    }

    /// How the connection ended; waits for it.
    ///
    /// The server's code and reason, or our own where the server broke the protocol, 1006 where the connection broke, and
    /// 1005 where the server gave no code.
    public var closeReason: WebSocketCloseReason {
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
