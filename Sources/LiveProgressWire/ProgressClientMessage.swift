// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// What a watcher says over a WebSocket.
public enum ProgressClientMessage: Sendable, Hashable {
    /// Ask the operation to stop: `{"type":"cancel"}`.
    case cancel

    /// Reads a message; members that are not known are passed over.
    ///
    /// - Throws: ``WireError`` where this is no message, or one of another type.
    public init(_ bytes: some Sequence<UInt8>) throws(WireError) {
        let reader = try WireReader(json: bytes)
        guard try reader.required("type", try reader.string("type")).hasBytes(of: "cancel") else {
            throw reader.error("type", "must be cancel")
        }
        self = .cancel
    }

    /// The message in UTF-8.
    public var bytes: [UInt8] {
        switch self {
        case .cancel: Array(#"{"type":"cancel"}"#.utf8)
        }
    }
}
