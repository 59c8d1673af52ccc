// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Finds where a head may end in bytes that arrive piece by piece: with an empty line (RFC 9112 section 2.1); no I/O.
package struct HeadEnds {
    private static let mark = Array("\r\n\r\n".utf8)
    /// The number of bytes of the mark that were matched last.
    private var matched = 0

    /// Creates a finder at the start of a head.
    package init() {}

    /// Starts again at the start of a head.
    package mutating func restart() {
        matched = 0
    }

    /// Counts the bytes up to the end of a head.
    ///
    /// - Parameter bytes: The received bytes, at least one.
    /// - Returns: The number of bytes; all of them if no head ends in them.
    package mutating func count(in bytes: UnsafeRawBufferPointer) -> Int {
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
