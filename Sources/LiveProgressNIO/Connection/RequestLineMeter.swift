// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Measures a request line as it comes, so that one that is too long is told from fields that are.
///
/// It looks at a line only where it knows that a request begins. Of requests that come in a row it sees the first one's:
/// where one ends within a piece of bytes, only the decoder knows. The target of each is measured again when its head is
/// whole.
struct RequestLineMeter {
    enum Reading { case fits, tooLong, malformed }

    private static let emptyLine: UInt32 = 0x0D0A_0D0A

    private var length = 0
    private var lastByte: UInt8 = 0
    private var isOver = false
    /// The last four bytes, in the order in which they came.
    private var tail: UInt32 = 0
    /// How many bytes have come behind a request's head, where that is known.
    private var countBehindHead: Int?

    /// A request's head has come, and with it perhaps more.
    mutating func headEnded(isFirstOfPiece: Bool) {
        isOver = true
        if !isFirstOfPiece { countBehindHead = nil }
    }

    /// Bytes have come and gone to the decoder, which waits for a request: a new line begins where nothing is left of them.
    ///
    /// A head ends with an empty line, and so does a body in chunks; what ends with one and is no request yet is nothing.
    /// - Parameter contentLength: The length of the last request's body, where it was announced.
    mutating func pieceEnded(contentLength: Int?) {
        guard isOver, tail == Self.emptyLine || countBehindHead == contentLength ?? -1 else { return }
        self = RequestLineMeter()
    }

    /// Takes note of bytes of a body.
    mutating func pass(_ bytes: UnsafeRawBufferPointer) {
        for byte in bytes.suffix(4) { tail = tail << 8 | UInt32(byte) }
        countBehindHead? += bytes.count
    }

    /// Looks at bytes up to the end of the line, which is CR and LF (RFC 9112 section 2.2); empty lines before do not count.
    mutating func measure(_ bytes: UnsafeRawBufferPointer, limit: Int) -> Reading {
        for byte in bytes.suffix(4) { tail = tail << 8 | UInt32(byte) }
        countBehindHead = tail == Self.emptyLine ? nil : Self.countBehindHead(bytes)
        guard !isOver else { return .fits }
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                let isEmpty = length == 0 || length == 1 && lastByte == UInt8(ascii: "\r")
                if !isEmpty {
                    isOver = true
                    return lastByte == UInt8(ascii: "\r") ? .fits : .malformed
                }
                length = 0
            } else {
                length += 1
                if length > limit { return .tooLong }
            }
            lastByte = byte
        }
        return .fits
    }

    /// How many bytes stand behind the first empty line, if there is one.
    private static func countBehindHead(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var last: UInt32 = 0
        for (index, byte) in bytes.enumerated() {
            last = last << 8 | UInt32(byte)
            if last == emptyLine { return bytes.count - index - 1 }
        }
        return nil
    }
}
