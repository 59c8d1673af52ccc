// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP
import LiveProgressNIO
import NIOCore
import NIOHTTP2
import NIOHTTPTypesHTTP2

/// The handlers of an HTTP/2 connection and of its streams, below whatever answers the requests.
///
/// What a client can make the server do is bounded: how many streams it has open, how large the fields of a request are,
/// and, by the defaults of the HTTP/2 library, how often it may reset streams, ping or change settings. Who takes nothing
/// of a stream loses that stream.
struct HTTP2Pipeline: Sendable {
    /// How many requests a client may have open at once on one connection.
    private static let maximumStreams = 100

    /// What a connection may take.
    let limits: ConnectionLimits
    /// Where those are counted whom a limit turns away.
    let refusals: LimitRefusals

    /// Adds the handlers to a connection; called on its event loop.
    ///
    /// - Parameters:
    ///   - connection: The connection, on which HTTP/2 is what comes next.
    ///   - serve: Serves a stream, whose requests and responses are those of swift-http-types; called on the event loop.
    /// - Throws: What adding a handler throws; the connection is of no use then.
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
