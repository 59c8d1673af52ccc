// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Finds where a request may end in the bytes of a connection, so that no piece of them belongs to two: no I/O.
///
/// A head ends with an empty line, and so do chunks (RFC 9112 sections 2.1 and 7.1); another body has a length.
struct RequestEnds {
    private static let mark = Array("\r\n\r\n".utf8)
    /// How much of the mark has come last.
    private var matched = 0

    /// Cuts bytes behind a request.
    ///
    /// - Parameters:
    ///   - bytes: What has come, at least one.
    ///   - bodyLeft: How much a body of a known length has still to bring; `nil` in a head, and in chunks.
    /// - Returns: How many of the bytes belong to the request that the first of them belongs to; more may follow.
    mutating func count(in bytes: UnsafeRawBufferPointer, bodyLeft: Int?) -> Int {
        if let bodyLeft, bodyLeft > 0 {
            matched = 0
            return min(bodyLeft, bytes.count)
        }
        for (offset, byte) in bytes.enumerated() {
            if byte == Self.mark[matched] {
                matched += 1
            } else {
                matched = byte == Self.mark[0] ? 1 : 0
            }
            if matched == Self.mark.count {
                matched = 0
                return offset + 1
            }
        }
        return bytes.count
    }
}
