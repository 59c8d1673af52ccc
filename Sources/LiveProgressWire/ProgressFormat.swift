// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The format of the messages over a WebSocket.
package enum ProgressFormat: Sendable, Hashable, CaseIterable {
    /// The format with two members, `state` and `details`, for watchers that request no subprotocol.
    case plain
    /// The format with the whole state, for watchers that request ``subprotocol``.
    case full

    /// The name of the full format in `Sec-WebSocket-Protocol` (RFC 6455 section 1.9).
    package static let subprotocol = "live-progress.v1"

    /// The prefix of a token in `Sec-WebSocket-Protocol`, for browsers, which cannot set another header field.
    ///
    /// The token is offered beside the real subprotocol, and the server never selects it.
    package static let bearerSubprotocolPrefix = "live-progress.bearer."
}
