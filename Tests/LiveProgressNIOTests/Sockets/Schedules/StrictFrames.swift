// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

/// A frame from a server.
struct StrictFrame {
    enum Kind: UInt8 {
        case text = 0x1
        case close = 0x8
        case ping = 0x9
        case pong = 0xA
    }

    let kind: Kind
    let payload: ByteBuffer

    /// The code of a close frame.
    var closeCode: UInt16? { payload.getInteger(at: payload.readerIndex) }
}

/// A parser of a server's frames that rejects every deviation; it shares no code with the library.
///
/// The schedules' server neither fragments nor compresses, so every frame is complete in itself. The parser detects a
/// missing byte, an extra byte, and two mixed frames.
struct StrictFrameParser {
    private var bytes = ByteBuffer()
    private var sawClose = false

    /// Whether an incomplete frame has begun.
    var isInFrame: Bool { bytes.readableBytes > 0 }

    mutating func append(_ more: ByteBuffer) {
        bytes.writeImmutableBuffer(more)
        if bytes.readerIndex > 1 << 20 { bytes.discardReadBytes() }
    }

    /// Returns the next complete frame, or `nil`.
    mutating func next() throws(ScheduleFailure) -> StrictFrame? {
        guard let first: UInt8 = bytes.getInteger(at: bytes.readerIndex) else { return nil }
        if sawClose { throw ScheduleFailure("bytes after the close frame") }
        guard first & 0xF0 == 0x80, let kind = StrictFrame.Kind(rawValue: first & 0x0F) else {
            throw ScheduleFailure("a frame begins with \(String(first, radix: 16)): \(context)")
        }
        guard let second: UInt8 = bytes.getInteger(at: bytes.readerIndex + 1) else { return nil }
        guard let (headerSize, length) = try lengths(second) else { return nil }
        if kind != .text, length > 125 { throw ScheduleFailure("a control frame of \(length) bytes") }
        guard length < 1 << 20 else { throw ScheduleFailure("a frame of \(length) bytes: \(context)") }
        guard let payload = bytes.getSlice(at: bytes.readerIndex + headerSize, length: length) else { return nil }
        bytes.moveReaderIndex(forwardBy: headerSize + length)
        let frame = StrictFrame(kind: kind, payload: payload)
        try check(frame)
        return frame
    }

    /// Returns the sizes of the header and the payload; a length must have its shortest form.
    private func lengths(_ second: UInt8) throws(ScheduleFailure) -> (Int, Int)? {
        let start = bytes.readerIndex + 2
        switch second {
        case 0...125: return (2, Int(second))
        case 126:
            guard let length = bytes.getInteger(at: start, as: UInt16.self) else { return nil }
            guard length > 125 else { throw ScheduleFailure("\(length) in a length of two bytes") }
            return (4, Int(length))
        case 127:
            guard let length = bytes.getInteger(at: start, as: UInt64.self) else { return nil }
            guard length > 0xFFFF, length < 1 << 40 else {
                throw ScheduleFailure("\(length) in a length of eight bytes")
            }
            return (10, Int(length))
        default: throw ScheduleFailure("a masked frame of a server: \(context)")
        }
    }

    private mutating func check(_ frame: StrictFrame) throws(ScheduleFailure) {
        switch frame.kind {
        case .close:
            sawClose = true
            guard let code = frame.closeCode, (1000...1011).contains(code) || (3000...4999).contains(code) else {
                throw ScheduleFailure("a close frame without a code that may be sent")
            }
            let reason = Array(frame.payload.readableBytesView.dropFirst(2))
            guard Array(String(decoding: reason, as: UTF8.self).utf8) == reason else {
                throw ScheduleFailure("a close frame whose reason is not UTF-8")
            }
        case .text, .ping, .pong: break
        }
    }

    /// The bytes at the position of the fault.
    private var context: String {
        String(decoding: bytes.readableBytesView.prefix(60), as: UTF8.self)
    }
}

/// Returns a client's unfragmented frame, masked with a key that is not zero.
func maskedFrame(_ first: UInt8, _ payload: some Collection<UInt8>, key: UInt32) -> ByteBuffer {
    precondition(payload.count < 126, "the payload must be shorter than 126 bytes")
    var frame = ByteBuffer()
    frame.writeInteger(first)
    frame.writeInteger(0x80 | UInt8(payload.count))
    frame.writeInteger(key)
    for (index, byte) in payload.enumerated() {
        frame.writeInteger(byte ^ UInt8(truncatingIfNeeded: key >> (24 - 8 * UInt32(index % 4))))
    }
    return frame
}
