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

    /// How many blocks of a message may say that they are the last: going on costs more than such a block has bytes.
    private static let maximumRestarts = 16

    private struct State: ~Copyable {
        let stream: ZlibStream
        /// How often it has gone on behind a last block of this message.
        var restarts = 0
    }

    private let state: Mutex<State>

    init?() {
        guard let stream = ZlibStream(.inflating, begin: { CZlib_inflateInit($0, Self.windowBits) }) else { return nil }
        state = Mutex(State(stream: stream))
    }

    func inflate(_ piece: ByteBuffer, into output: inout ByteBuffer, limit: Int) throws(InflateError) {
        // zlib counts in 32 bits.
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
            // One byte more than the limit tells that it is passed.
            let wanted = max(step, 2 * Int(state.stream.pointer.pointee.avail_in), output.readableBytes)
            let length = max(1, min(wanted, limit - output.readableBytes + 1))
            let (code, isFull) = state.stream.write(length, into: &output) { CZlib.inflate($0, Z_SYNC_FLUSH) }
            if output.readableBytes > limit { return .tooLong }
            switch code {
            case Z_STREAM_END:
                state.restarts += 1
                guard state.restarts <= maximumRestarts, goOnBehindLastBlock(state.stream) else { return .malformed }
            case Z_OK: break
            // No progress: all is taken and written.
            case Z_BUF_ERROR: return nil
            default: return .malformed
            }
            if state.stream.pointer.pointee.avail_in == 0, !isFull { return nil }
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
