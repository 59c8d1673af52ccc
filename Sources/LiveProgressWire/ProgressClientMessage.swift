// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// A message from a watcher over a WebSocket.
package enum ProgressClientMessage: Sendable, Hashable {
    /// A request to stop the operation: `{"type":"cancel"}`.
    case cancel
    /// A new token that extends the connection: `{"type":"authenticate","token":"…"}`.
    case authenticate(token: String)

    /// Reads a message; ignores unknown members.
    ///
    /// - Throws: ``WireError`` if the bytes are not a message, or the message has another type.
    package init(_ bytes: some Sequence<UInt8>) throws(WireError) {
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

extension ProgressClientMessage {
    /// The message as JSON.
    package var text: String {
        switch self {
        case .cancel: JSONValue.object(["type": "cancel"]).description
        case .authenticate(let token): JSONValue.object(["type": "authenticate", "token": .string(token)]).description
        }
    }
}
