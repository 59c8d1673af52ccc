// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Which end of a connection one is; RFC 6455 section 5.1 makes the client mask its frames and forbids the server to.
public enum WebSocketRole: Sendable, Hashable {
    /// The end that accepted the connection.
    case server
    /// The end that opened the connection.
    case client
}
