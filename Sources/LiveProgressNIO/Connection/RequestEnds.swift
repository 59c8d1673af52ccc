// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressWebSocket

/// Finds where a request may end in the bytes of a connection, so that no piece has bytes of two requests: no I/O.
///
/// A head and chunks end with an empty line (RFC 9112 sections 2.1 and 7.1); any other body has a length.
struct RequestEnds {
    private var heads = HeadEnds()

    /// Counts the bytes that belong to the same request as the first byte.
    ///
    /// - Parameters:
    ///   - bytes: The received bytes, at least one.
    ///   - bodyLeft: The number of missing bytes of a body with a known length; `nil` in a head and in chunks.
    /// - Returns: The number of bytes; the request may continue after them.
    mutating func count(in bytes: UnsafeRawBufferPointer, bodyLeft: Int?) -> Int {
        guard let bodyLeft, bodyLeft > 0 else { return heads.count(in: bytes) }
        heads.restart()
        return min(bodyLeft, bytes.count)
    }
}
