// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Finds where a head may end in bytes that come piece by piece: with an empty line (RFC 9112 section 2.1); no I/O.
package struct HeadEnds {
    private static let mark = Array("\r\n\r\n".utf8)
    /// How much of the mark has come last.
    private var matched = 0

    /// A finder at the beginning of a head.
    package init() {}

    /// Forgets what has come: what follows begins anew.
    package mutating func restart() {
        matched = 0
    }

    /// Counts the bytes up to the end of a head.
    ///
    /// - Parameter bytes: What has come, at least one.
    /// - Returns: How many they are; all of them where no head ends in them.
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
