// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressWebSocket

/// Finds where a request may end in the bytes of a connection, so that no piece of them belongs to two: no I/O.
///
/// A head ends with an empty line, and so do chunks (RFC 9112 sections 2.1 and 7.1); another body has a length.
struct RequestEnds {
    private var heads = HeadEnds()

    /// Counts the bytes that belong to the request that the first of them belongs to.
    ///
    /// - Parameters:
    ///   - bytes: What has come, at least one.
    ///   - bodyLeft: How much a body of a known length has still to bring; `nil` in a head, and in chunks.
    /// - Returns: How many they are; more of it may follow.
    mutating func count(in bytes: UnsafeRawBufferPointer, bodyLeft: Int?) -> Int {
        guard let bodyLeft, bodyLeft > 0 else { return heads.count(in: bytes) }
        heads.restart()
        return min(bodyLeft, bytes.count)
    }
}
