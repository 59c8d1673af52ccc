// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import CZlib
import NIOCore

/// A zlib stream at a fixed address, because zlib's state points back to the stream.
struct ZlibStream: ~Copyable {
    enum Kind { case inflating, deflating }

    let pointer: UnsafeMutablePointer<z_stream>
    private let kind: Kind

    /// Creates a stream with one of zlib's functions; `nil` if the function fails.
    init?(_ kind: Kind, begin: (UnsafeMutablePointer<z_stream>) -> CInt) {
        let pointer = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        pointer.initialize(to: z_stream())
        guard begin(pointer) == Z_OK else {
            pointer.deallocate()
            return nil
        }
        self.pointer = pointer
        self.kind = kind
    }

    deinit {
        switch kind {
        case .inflating: _ = inflateEnd(pointer)
        case .deflating: _ = deflateEnd(pointer)
        }
        pointer.deallocate()
    }

    /// Sets zlib's input; the bytes must stay valid until zlib has consumed them.
    func take(_ bytes: UnsafeRawBufferPointer) {
        // zlib only reads the input, although its type is mutable.
        pointer.pointee.next_in = UnsafeMutablePointer(
            mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        )
        pointer.pointee.avail_in = uInt(bytes.count)
    }

    /// Runs a function of zlib that appends its output to a buffer.
    /// - Parameters:
    ///   - length: The largest number of bytes to write.
    ///   - output: The buffer.
    ///   - step: The function of zlib.
    /// - Returns: The code of the function, and whether it wrote `length` bytes.
    func write(
        _ length: Int,
        into output: inout ByteBuffer,
        _ step: (UnsafeMutablePointer<z_stream>) -> CInt
    ) -> (code: CInt, isFull: Bool) {
        let length = min(length, Int(uInt.max))
        let pointer = pointer
        var code = Z_OK
        let count = output.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { space in
            pointer.pointee.next_out = space.baseAddress?.assumingMemoryBound(to: UInt8.self)
            pointer.pointee.avail_out = uInt(length)
            code = step(pointer)
            return length - Int(pointer.pointee.avail_out)
        }
        return (code, count == length)
    }
}
