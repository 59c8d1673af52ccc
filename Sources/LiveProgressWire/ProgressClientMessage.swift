// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// What a watcher says over a WebSocket.
public enum ProgressClientMessage: Sendable, Hashable {
    /// Ask the operation to stop: `{"type":"cancel"}`.
    case cancel
    /// Stay by a new token: `{"type":"authenticate","token":"…"}`.
    case authenticate(token: String)

    /// Reads a message; members that are not known are passed over.
    ///
    /// - Throws: ``WireError`` where this is no message, or one of another type.
    public init(_ bytes: some Sequence<UInt8>) throws(WireError) {
        let reader = try WireReader(json: bytes)
        let type = try reader.required("type", try reader.string("type"))
        if type.hasBytes(of: "cancel") {
            self = .cancel
        } else if type.hasBytes(of: "authenticate") {
            self = .authenticate(token: try reader.required("token", try reader.string("token")))
        } else {
            throw reader.error("type", "must be cancel or authenticate")
        }
    }
}
