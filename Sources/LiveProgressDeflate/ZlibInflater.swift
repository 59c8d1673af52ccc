// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import CZlib
import LiveProgressWebSocket
import NIOCore
import Synchronization

/// An inflater that decompresses a stream of pieces with zlib.
final class ZlibInflater: Inflater {
    private static let windowBits: CInt = 15
    /// The smallest step, in bytes, by which the output grows; a large piece or output grows in larger steps.
    private static let step = 4096

    /// The largest number of final blocks in one message; each of them needs a restart, which is expensive.
    private static let maximumRestarts = 16

    private struct State: ~Copyable {
        let stream: ZlibStream
        /// The number of restarts after a final block of this message.
        var restarts = 0
    }

    private let state: Mutex<State>

    init?() {
        guard let stream = ZlibStream(.inflating, begin: { CZlib_inflateInit($0, Self.windowBits) }) else { return nil }
        state = Mutex(State(stream: stream))
    }

    func inflate(_ piece: ByteBuffer, into output: inout ByteBuffer, limit: Int) throws(InflateError) {
        // zlib counts bytes in 32 bits.
        guard piece.readableBytes <= Int(uInt.max) else { throw .tooLong }
        let problem: InflateError? = state.withLock { state in
            piece.withUnsafeReadableBytes { bytes in
                state.stream.take(bytes)
                return Self.inflateAll(of: &state, into: &output, limit: limit)
            }
        }
        if let problem { throw problem }
    }

    func messageEnded() {
        state.withLock { $0.restarts = 0 }
    }

    func reset() {
        state.withLock { state in
            _ = inflateReset(state.stream.pointer)
            state.restarts = 0
        }
    }

    private static func inflateAll(
        of state: inout State,
        into output: inout ByteBuffer,
        limit: Int
    ) -> InflateError? {
        while true {
            // One byte more than the limit shows that the message exceeds the limit.
            let wanted = max(step, 2 * Int(state.stream.pointer.pointee.avail_in), output.readableBytes)
            let length = max(1, min(wanted, limit - output.readableBytes + 1))
            let (code, isFull) = state.stream.write(length, into: &output) { CZlib.inflate($0, Z_SYNC_FLUSH) }
            if output.readableBytes > limit { return .tooLong }
            switch code {
            case Z_STREAM_END:
                state.restarts += 1
                guard state.restarts <= maximumRestarts, goOnBehindLastBlock(state.stream) else { return .malformed }
            case Z_OK: break
            // zlib made no progress: all input is consumed, and all output is written.
            case Z_BUF_ERROR: return nil
            default: return .malformed
            }
            if state.stream.pointer.pointee.avail_in == 0, !isFull { return nil }
        }
    }

    /// Restarts zlib after a final block, with the same window.
    ///
    /// RFC 7692 section 7.2.3.4 allows final blocks; a later block may still refer to earlier data.
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
