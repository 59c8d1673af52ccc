// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HummingbirdCore
@_spi(Server) import LiveProgressHummingbird
@_spi(Server) import LiveProgressNIO
import Logging
import NIOCore

/// Serves the routes over HTTP/2 (RFC 9113).
///
/// A client that reads nothing from a stream for too long loses that stream. A client that reads nothing at all loses the
/// connection.
struct HTTP2Connections: Sendable {
    /// Responds to the requests.
    let channel: ProgressChildChannel
    /// The logger of all connections.
    let logger: Logger

    /// Serves a connection that has negotiated HTTP/2; call it on the connection's event loop.
    ///
    /// The registry must already count the connection.
    ///
    /// - Throws: The error of adding a handler; the connection cannot be used then.
    func serve(_ connection: any Channel) throws {
        let setup = channel.connections
        try setup.boundUnread(connection)
        try HTTP2Pipeline(limits: setup.limits, refusals: setup.limitRefusals).add(to: connection) { stream in
            let path = try HTTP1Channel.Value(wrappingChannelSynchronously: stream)
            // This task ends with its stream, at the latest with its connection; the server waits for the connection.
            Task { await channel.handleHTTP(asyncChannel: path, logger: logger) }
        }
    }
}
