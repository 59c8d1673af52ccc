// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@_spi(Server) import LiveProgressHTTP
@_spi(Server) import LiveProgressNIO
import NIOCore
import NIOHTTP2
import NIOHTTPTypesHTTP2

/// The channel handlers of an HTTP/2 connection and of its streams, below the handlers that respond to requests.
///
/// The pipeline limits the number of open streams and the size of a request's header fields. The HTTP/2 library limits,
/// by its defaults, how often a client may reset streams, ping or change settings. A client that reads nothing from a
/// stream for too long loses that stream.
struct HTTP2Pipeline: Sendable {
    /// The maximum number of concurrent streams on one connection.
    private static let maximumStreams = 100

    /// The limits of a connection.
    let limits: ConnectionLimits
    /// The counters of refusals, by limit.
    let refusals: LimitRefusals

    /// Adds the handlers to a connection; call it on the connection's event loop.
    ///
    /// - Parameters:
    ///   - connection: The connection, before the HTTP/2 preface.
    ///   - serve: Serves a stream with the request and response types of swift-http-types; called on the event loop.
    /// - Throws: The error of adding a handler; the connection cannot be used then.
    func add(to connection: any Channel, serve: @escaping @Sendable (any Channel) throws -> Void) throws {
        let pipeline = connection.pipeline.syncOperations
        let handler = HTTP2ConnectionHandler(limits: limits)
        var settings = NIOHTTP2Handler.ConnectionConfiguration()
        settings.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: Self.maximumStreams),
            HTTP2Setting(parameter: .maxHeaderListSize, value: limits.maximumHeaderSize),
        ]
        _ = try pipeline.configureHTTP2Pipeline(
            mode: .server,
            connectionConfiguration: settings,
            streamConfiguration: NIOHTTP2Handler.StreamConfiguration(),
            streamDelegate: HTTP2StreamCount(handler, eventLoop: connection.eventLoop)
        ) { stream in
            stream.eventLoop.makeCompletedFuture {
                try addHandlers(to: stream)
                try serve(stream)
            }
        }
        try pipeline.addHandler(handler)
    }

    private func addHandlers(to stream: any Channel) throws {
        let pipeline = stream.pipeline.syncOperations
        let unread = TimeAmount(limits.unreadTimeout)
        try pipeline.addHandler(HTTP2UnreadHandler(limit: unread) { refusals.count(.unreadTime) })
        try pipeline.addHandler(HTTP2StreamHandler(timeout: TimeAmount(limits.bodyTimeout)))
        try pipeline.addHandler(HTTP2AuthorityHandler())
        try pipeline.addHandler(HTTP2FramePayloadToHTTPServerCodec())
    }
}
