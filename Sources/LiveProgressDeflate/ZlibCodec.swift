// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgressWebSocket

/// Compression by zlib, for permessage-deflate (RFC 7692).
///
/// ```swift
/// let hosting = ProgressHosting(api: api, compression: ZlibCodec())
/// ```
/// A deflater takes about 256 KiB of memory with the largest window, an inflater up to 40 KiB.
public struct ZlibCodec: DeflateCodec, Hashable {
    /// The compression level, from 1 (fastest) to 9 (smallest).
    public let level: Int

    /// The supported window sizes, in bits.
    ///
    /// Without a header zlib cannot compress with 8 bits (256 bytes), and uses 9 bits instead.
    public var windowBits: ClosedRange<Int> { 9...15 }

    /// Creates a codec.
    /// - Parameter level: The compression level; a value outside 1 to 9 becomes the nearest valid level. The default is
    ///   6, as in zlib; a higher level makes progress messages hardly smaller.
    public init(level: Int = 6) {
        self.level = min(max(level, 1), 9)
    }

    /// Returns a new inflater for any window size.
    public func makeInflater() -> (any Inflater)? { ZlibInflater() }

    /// Returns a new deflater for a window of 2 to the power of `windowBits` bytes.
    public func makeDeflater(windowBits: Int) -> (any Deflater)? { ZlibDeflater(level: level, windowBits: windowBits) }
}
