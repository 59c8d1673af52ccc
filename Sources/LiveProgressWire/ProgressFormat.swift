// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// What the messages of a WebSocket look like.
public enum ProgressFormat: Sendable, Hashable, CaseIterable {
    /// Two members, `state` and `details`: for watchers that ask for no subprotocol.
    case plain
    /// The whole state in each message: for watchers that ask for ``subprotocol``.
    case full

    /// The name of the full format in `Sec-WebSocket-Protocol` (RFC 6455 section 1.9).
    public static let subprotocol = "live-progress.v1"

    /// What stands before a token in `Sec-WebSocket-Protocol`, where a browser can set no other field.
    ///
    /// It stands beside the real subprotocol, and is never the one that the server chooses.
    public static let bearerSubprotocolPrefix = "live-progress.bearer."
}
