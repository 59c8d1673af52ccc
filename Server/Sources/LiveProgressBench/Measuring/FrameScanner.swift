// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A minimal scanner of the WebSocket frames of a bench server, whose messages are short and not fragmented.
///
/// The scanner decodes and checks less than a real client, so that it takes little of the measured machine's time.
struct FrameScanner: Sendable {
    /// A scanned frame.
    enum Event: Sendable, Hashable {
        /// A message, with `t` of its details: its creation time in nanoseconds of the monotonic clock.
        case message(time: UInt64?)
        /// A ping with its payload, which the pong must return.
        case ping([UInt8])
        /// The server's close frame.
        case close
    }

    /// The error for bytes that are not a frame of a bench server.
    struct Violation: Error, Hashable {}

    /// The beginning of an incomplete frame.
    private var rest: [UInt8] = []

    /// Scans the next bytes, and calls `found` for each complete frame.
    ///
    /// - Throws: ``Violation`` for a masked, fragmented, binary or reserved frame.
    mutating func scan(_ bytes: UnsafeRawBufferPointer, found: (Event) -> Void) throws(Violation) {
        guard rest.isEmpty else {
            rest.append(contentsOf: bytes)
            let whole = rest
            rest.removeFirst(try Self.walk(over: whole, found: found))
            return
        }
        let taken = try Self.walk(over: bytes, found: found)
        if taken < bytes.count { rest.append(contentsOf: bytes[taken...]) }
    }

    private static func walk(over bytes: [UInt8], found: (Event) -> Void) throws(Violation) -> Int {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(Violation) in try walk(over: buffer, found: found) }
        }
        return try result.get()
    }

    /// Scans complete frames, and returns their length in bytes.
    private static func walk(
        over bytes: UnsafeRawBufferPointer,
        found: (Event) -> Void
    ) throws(Violation) -> Int {
        var place = 0
        while bytes.count - place >= 2 {
            let (first, second) = (bytes[place], Int(bytes[place + 1]))
            // Allow only unfragmented, unmasked frames without reserved bits and without an eight-byte length.
            guard first & 0xF0 == 0x80, second < 127 else { throw Violation() }
            var (start, length) = (place + 2, second)
            if second == 126 {
                guard bytes.count - place >= 4 else { return place }
                (start, length) = (place + 4, Int(bytes[place + 2]) << 8 | Int(bytes[place + 3]))
            }
            guard bytes.count - start >= length else { return place }
            let payload = UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])
            switch first & 0x0F {
            case 1: found(.message(time: time(in: payload)))
            case 8: found(.close)
            case 9: found(.ping(Array(payload)))
            case 10: break
            default: throw Violation()
            }
            place = start + length
        }
        return place
    }

    /// Returns the number after `"t":` at the end of a message.
    private static func time(in message: UnsafeRawBufferPointer) -> UInt64? {
        var end = message.count
        while end > 0, message[end - 1] == UInt8(ascii: "}") { end -= 1 }
        var (start, number, place) = (end, UInt64(0), UInt64(1))
        while start > 0, end - start < 19, (0x30...0x39).contains(message[start - 1]) {
            start -= 1
            number += UInt64(message[start] - 0x30) * place
            place *= 10
        }
        guard start < end, start >= 4 else { return nil }
        return message[(start - 4)..<start].elementsEqual(#""t":"#.utf8) ? number : nil
    }
}
