// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWire

/// The content of a record that nodes share.
enum NodeRecord: Sendable, Hashable {
    /// An operation: its newest revisions, and the values that revisions do not show.
    case operation(StoredOperation)
    /// A removed operation.
    case removed

    /// The JSON of the content: `{"operation":{…}}` or `{"removed":true}`.
    var bytes: [UInt8] {
        switch self {
        case .operation(let operation):
            Array(#"{"operation":"#.utf8) + StoredOperationMessage.encode(operation) + Array("}".utf8)
        case .removed: Array(#"{"removed":true}"#.utf8)
        }
    }

    /// Reads the content of a record.
    ///
    /// - Throws: `WireError` if the record is of no node, or of a newer version.
    init(_ bytes: [UInt8]) throws {
        let members = try JSONValue(parsing: bytes)
        if members["removed"]?.boolValue == true {
            self = .removed
        } else {
            self = .operation(try StoredOperationMessage.decode(members["operation"] ?? .null))
        }
    }
}
