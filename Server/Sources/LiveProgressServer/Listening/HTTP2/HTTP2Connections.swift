// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HummingbirdCore
import LiveProgressHTTP
import LiveProgressHummingbird
import LiveProgressNIO
import Logging
import NIOCore
import NIOHTTP2
import NIOHTTPTypesHTTP2

/// Serves the routes over HTTP/2 (RFC 9113).
///
/// What a client can make the server do is bounded: how many streams it has open, how large the fields of a request are,
/// and, by the defaults of the HTTP/2 library, how often it may reset streams, ping or change settings. Who takes nothing
/// of a stream loses that stream, and who takes nothing at all the connection.
struct HTTP2Connections: Sendable {
    /// How many requests a client may have open at once on one connection.
    private static let maximumStreams = 100

    /// Answers requests.
    let channel: ProgressChildChannel
    /// Where it logs.
    let logger: Logger

    private var limits: ConnectionLimits { channel.connections.limits }

    /// Serves a connection that has agreed on HTTP/2; called on its event loop, counted in the registry already.
    ///
    /// - Throws: What adding a handler throws; the connection is of no use then.
    func serve(_ connection: any Channel) throws {
        try channel.connections.boundUnread(connection)
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
            stream.eventLoop.makeCompletedFuture { try serveStream(stream) }
        }
        try pipeline.addHandler(handler)
    }

    private func serveStream(_ stream: any Channel) throws {
        let pipeline = stream.pipeline.syncOperations
        let refusals = channel.connections.limitRefusals
        let unread = HTTP2UnreadHandler(limit: limits.unreadTimeout) { refusals.count(.unreadTime) }
        try pipeline.addHandler(unread)
        try pipeline.addHandler(HTTP2StreamHandler(timeout: limits.bodyTimeout))
        try pipeline.addHandler(HTTP2FramePayloadToHTTPServerCodec())
        let path = try HTTP1Channel.Value(wrappingChannelSynchronously: stream)
        // It ends with its stream, which ends with its connection, for which the registry is waited.
        Task { await channel.handleHTTP(asyncChannel: path, logger: logger) }
    }
}
