// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// An end of a connection; RFC 6455 section 5.1 requires the client to mask its frames, and forbids masking by the server.
package enum WebSocketRole: Sendable, Hashable {
    /// The end that accepted the connection.
    case server
    /// The end that opened the connection.
    case client
}
