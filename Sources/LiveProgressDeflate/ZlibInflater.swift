// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import CZlib
import LiveProgressWebSocket
import NIOCore
import Synchronization

/// A stream of pieces inflated by zlib.
final class ZlibInflater: Inflater {
    private static let windowBits: CInt = 15
    /// Memory is asked for in steps of this many bytes, or of what came if that is more, up to the limit.
    private static let step = 4096

    /// How many blocks of a piece may say that they are the last: going on costs more than such a block has bytes.
    private static let maximumRestarts = 16

    private let stream: Mutex<ZlibStream>

    init?() {
        guard let stream = ZlibStream(.inflating, begin: { CZlib_inflateInit($0, Self.windowBits) }) else { return nil }
        self.stream = Mutex(stream)
    }

    func inflate(_ piece: ByteBuffer, into output: inout ByteBuffer, limit: Int) throws(InflateError) {
        // zlib counts in 32 bits.
        guard piece.readableBytes <= Int(uInt.max) else { throw .tooLong }
        let problem: InflateError? = stream.withLock { stream in
            piece.withUnsafeReadableBytes { bytes in
                stream.take(bytes)
                return Self.inflateAll(of: stream, into: &output, limit: limit)
            }
        }
        if let problem { throw problem }
    }

    func reset() {
        stream.withLock { _ = inflateReset($0.pointer) }
    }

    private static func inflateAll(
        of stream: borrowing ZlibStream,
        into output: inout ByteBuffer,
        limit: Int
    ) -> InflateError? {
        var restarts = 0
        while true {
            // One byte more than the limit tells that it is passed.
            let wanted = max(step, 2 * Int(stream.pointer.pointee.avail_in), output.readableBytes)
            let length = max(1, min(wanted, limit - output.readableBytes + 1))
            let (code, isFull) = stream.write(length, into: &output) { CZlib.inflate($0, Z_SYNC_FLUSH) }
            if output.readableBytes > limit { return .tooLong }
            switch code {
            case Z_STREAM_END:
                restarts += 1
                guard restarts <= maximumRestarts, goOnBehindLastBlock(stream) else { return .malformed }
            case Z_OK: break
            // No progress: all is taken and written.
            case Z_BUF_ERROR: return nil
            default: return .malformed
            }
            if stream.pointer.pointee.avail_in == 0, !isFull { return nil }
        }
    }

    /// RFC 7692 section 7.2.3.4 allows a block that says it is the last; what follows may still refer to what was before.
    private static func goOnBehindLastBlock(_ stream: borrowing ZlibStream) -> Bool {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1 << Int(windowBits)) { window in
            guard let address = window.baseAddress else { return false }
            var length = uInt(window.count)
            guard inflateGetDictionary(stream.pointer, address, &length) == Z_OK,
                inflateReset(stream.pointer) == Z_OK
            else { return false }
            return length == 0 || inflateSetDictionary(stream.pointer, address, length) == Z_OK
        }
    }
}
