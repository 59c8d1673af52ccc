// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import NIOCore

/// The masking of RFC 6455 section 5.3: byte `i` of the payload is XORed with byte `i % 4` of the key.
struct FrameMask {
    /// The key, rotated so that its highest byte applies to the next payload byte.
    private var key: UInt32

    init(key: UInt32) {
        self.key = key
    }

    /// Masks or unmasks the readable bytes, which continue the payload of the last call.
    mutating func apply(to buffer: inout ByteBuffer) {
        let key = key
        let count = buffer.readableBytes
        buffer.withUnsafeMutableReadableBytes { bytes in
            Self.apply(key: key, to: bytes)
        }
        let turn = UInt32(count & 3) * 8
        self.key = turn == 0 ? key : key << turn | key >> (32 - turn)
    }

    private static func apply(key: UInt32, to bytes: UnsafeMutableRawBufferPointer) {
        let wide = (UInt64(key) << 32 | UInt64(key)).bigEndian
        var index = 0
        while index + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            bytes.storeBytes(of: word ^ wide, toByteOffset: index, as: UInt64.self)
            index += 8
        }
        while index < bytes.count {
            bytes[index] ^= UInt8(truncatingIfNeeded: key >> UInt32(24 - (index & 3) * 8))
            index += 1
        }
    }
}
