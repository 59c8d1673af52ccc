// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import CZlib
import NIOCore

/// A stream of zlib at an address of its own, which zlib's state points back to.
struct ZlibStream: ~Copyable {
    enum Kind { case inflating, deflating }

    let pointer: UnsafeMutablePointer<z_stream>
    private let kind: Kind

    /// A stream begun by one of zlib's functions, or `nil` where that does not succeed.
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

    /// Gives zlib bytes to read; they must stay where they are until it has taken them.
    func take(_ bytes: UnsafeRawBufferPointer) {
        // zlib reads only, though its type does not say so.
        pointer.pointee.next_in = UnsafeMutablePointer(
            mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        )
        pointer.pointee.avail_in = uInt(bytes.count)
    }

    /// Lets zlib write behind what a buffer holds.
    /// - Parameters:
    ///   - length: How much at most.
    ///   - output: The buffer.
    ///   - step: The function of zlib.
    /// - Returns: Its code, and whether it wrote all of the length.
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
