// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Measures a request line as it comes.
///
/// It distinguishes a request line that is too long from header fields that are too long, and a malformed line end from an
/// unsupported version.
struct RequestLineMeter {
    enum Reading: Equatable {
        /// The line has no error so far.
        case fits
        /// The line exceeds the limit at this byte.
        case tooLong(at: Int)
        /// The line is malformed because of this byte.
        case malformed(at: Int)
    }

    private var length = 0
    private var lastByte: UInt8 = 0
    private var isOver = false
    /// The number of runs of spaces so far; the version follows the second run.
    private var gaps = 0
    /// The first eight bytes of the version.
    private var version: UInt64 = 0
    private var versionLength = 0

    private static let knownVersions = ["HTTP/1.1", "HTTP/1.0"].map {
        $0.utf8.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }

    /// Whether the version is supported, so that the decoder accepts it.
    var hasKnownVersion: Bool { versionLength == 8 && Self.knownVersions.contains(version) }

    /// Reads bytes up to the end of the line, which is CR LF (RFC 9112 section 2.2); ignores empty lines before it.
    mutating func measure(_ bytes: UnsafeRawBufferPointer, limit: Int) -> Reading {
        guard !isOver else { return .fits }
        for (offset, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "\n") {
                let isEmpty = length == 0 || length == 1 && lastByte == UInt8(ascii: "\r")
                if !isEmpty {
                    isOver = true
                    return lastByte == UInt8(ascii: "\r") ? .fits : .malformed(at: offset)
                }
                length = 0
            } else {
                length += 1
                if length > limit { return .tooLong(at: offset) }
                readVersion(byte)
            }
            lastByte = byte
        }
        return .fits
    }

    private mutating func readVersion(_ byte: UInt8) {
        if byte == UInt8(ascii: " ") {
            if lastByte != byte { gaps += 1 }
        } else if gaps == 2, versionLength < 8 {
            version = version << 8 | UInt64(byte)
            versionLength += 1
        }
    }
}
