// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import CZlib
import LiveProgressWebSocket
import NIOCore
import Synchronization

/// A deflater that compresses a stream of messages with zlib.
final class ZlibDeflater: Deflater {
    private static let memoryLevel: CInt = 8

    private let stream: Mutex<ZlibStream>

    init?(level: Int, windowBits: Int) {
        let stream = ZlibStream(.deflating) {
            CZlib_deflateInit($0, CInt(level), CInt(windowBits), Self.memoryLevel)
        }
        guard let stream else { return nil }
        self.stream = Mutex(stream)
    }

    func deflate(_ message: ByteBuffer, into output: inout ByteBuffer) -> Bool {
        // zlib counts bytes in 32 bits.
        guard message.readableBytes > 0, message.readableBytes <= Int(uInt.max) else { return false }
        return stream.withLock { stream in
            message.withUnsafeReadableBytes { bytes in
                stream.take(bytes)
                return Self.deflateAll(of: stream, into: &output)
            }
        }
    }

    private static func deflateAll(of stream: borrowing ZlibStream, into output: inout ByteBuffer) -> Bool {
        while true {
            let length = max(64, Int(stream.pointer.pointee.avail_in) / 2)
            let (code, isFull) = stream.write(length, into: &output) { CZlib.deflate($0, Z_SYNC_FLUSH) }
            guard code == Z_OK || code == Z_BUF_ERROR else { return false }
            // A flush is complete only if zlib leaves free space in the output.
            if !isFull { return stream.pointer.pointee.avail_in == 0 }
        }
    }

    func reset() {
        stream.withLock { _ = deflateReset($0.pointer) }
    }
}
