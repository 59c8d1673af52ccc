// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import NIOCore
public import NIOHTTP1

/// What a server does about requests that ask for a WebSocket.
public struct WebSocketUpgrade<Value: Sendable>: Sendable {
    let shouldUpgrade: @Sendable (HTTPRequestHead, any Channel) -> EventLoopFuture<HTTPHeaders?>
    let upgraded: @Sendable (any Channel, HTTPRequestHead) -> EventLoopFuture<Value>

    /// An upgrade of two decisions.
    /// - Parameters:
    ///   - shouldUpgrade: Asked about each well-formed handshake; the future's headers go into the 101 answer beside those
    ///     that the handshake needs (such as `Sec-WebSocket-Protocol`). With `nil`, or a failure, the request goes on as
    ///     plain HTTP, which answers why; so does a malformed handshake, without being asked about.
    ///   - upgraded: Called when the answer is sent and the HTTP handlers are gone; what it adds to the pipeline gets
    ///     every byte that came behind the handshake. ``WatcherChannel`` puts its handler where it belongs.
    public init(
        shouldUpgrade: @escaping @Sendable (HTTPRequestHead, any Channel) -> EventLoopFuture<HTTPHeaders?>,
        upgraded: @escaping @Sendable (any Channel, HTTPRequestHead) -> EventLoopFuture<Value>
    ) {
        self.shouldUpgrade = shouldUpgrade
        self.upgraded = upgraded
    }
}

extension ChannelPipeline.SynchronousOperations {
    /// Makes an empty pipeline speak HTTP/1.1 with an upgrade to WebSocket at any request of the connection.
    ///
    /// - Parameters:
    ///   - upgrade: What is done about handshakes.
    ///   - decoderLimits: Limits of request lines and headers.
    ///   - plain: Called before the first request that is not upgraded reaches anyone; adds handlers of
    ///     `HTTPServerRequestPart` and `HTTPServerResponsePart` to the end of the pipeline.
    /// - Returns: What the connection's first request made of it: the value of `upgraded` or of `plain`. An upgrade after
    ///   plain requests (clients do reuse their connections) takes the channel over in place, its value unused. The
    ///   future fails if the connection closes before its first request.
    /// - Throws: What NIO throws for a pipeline that cannot be changed.
    public func configureUpgradableServer<Value: Sendable>(
        upgrade: WebSocketUpgrade<Value>,
        decoderLimits: NIOHTTPDecoderLimitConfiguration = NIOHTTPDecoderLimitConfiguration(),
        plain: @escaping @Sendable (any Channel) -> EventLoopFuture<Value>
    ) throws -> EventLoopFuture<Value> {
        let encoder = HTTPResponseEncoder()
        let decoder = ByteToMessageHandler(
            HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: decoderLimits)
        )
        let pipelining = HTTPServerPipelineHandler()
        let validator = NIOHTTPResponseHeadersValidator()
        let errors = HTTPServerProtocolErrorHandler()
        let first = eventLoop.makePromise(of: Value.self)
        let handler = WebSocketUpgradeHandler(
            upgrade: upgrade,
            plain: plain,
            httpHandlers: [decoder, pipelining, validator, errors],
            encoder: encoder,
            first: first
        )
        try addHandler(encoder)
        try addHandlers(decoder, pipelining, validator, errors)
        try addHandler(handler, name: webSocketUpgradeHandlerName)
        return first.futureResult
    }
}
