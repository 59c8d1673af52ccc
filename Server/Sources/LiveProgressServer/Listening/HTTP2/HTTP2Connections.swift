// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HummingbirdCore
import LiveProgressHummingbird
import LiveProgressNIO
import Logging
import NIOCore

/// Serves the routes over HTTP/2 (RFC 9113).
///
/// Who takes nothing of a stream loses that stream, and who takes nothing at all the connection.
struct HTTP2Connections: Sendable {
    /// Answers requests.
    let channel: ProgressChildChannel
    /// Where it logs.
    let logger: Logger

    /// Serves a connection that has agreed on HTTP/2; called on its event loop, counted in the registry already.
    ///
    /// - Throws: What adding a handler throws; the connection is of no use then.
    func serve(_ connection: any Channel) throws {
        let setup = channel.connections
        try setup.boundUnread(connection)
        try HTTP2Pipeline(limits: setup.limits, refusals: setup.limitRefusals).add(to: connection) { stream in
            let path = try HTTP1Channel.Value(wrappingChannelSynchronously: stream)
            // It ends with its stream, which ends with its connection, for which the registry is waited.
            Task { await channel.handleHTTP(asyncChannel: path, logger: logger) }
        }
    }
}
