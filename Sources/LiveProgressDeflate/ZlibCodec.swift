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
    /// How hard to try, from 1, the fastest, to 9, the smallest.
    public let level: Int

    /// zlib cannot compress for a window of 256 bytes (8) without a header, and says 9 in its place.
    public var windowBits: ClosedRange<Int> { 9...15 }

    /// A codec.
    /// - Parameter level: How hard to try; 1 to 9, and what is outside is brought inside. 6, as zlib's own default, is
    ///   about as small as it gets for messages of progress.
    public init(level: Int = 6) {
        self.level = min(max(level, 1), 9)
    }

    /// A fresh inflater that takes any window.
    public func makeInflater() -> (any Inflater)? { ZlibInflater() }

    /// A fresh deflater for a window of 2 to the power of `windowBits` bytes.
    public func makeDeflater(windowBits: Int) -> (any Deflater)? { ZlibDeflater(level: level, windowBits: windowBits) }
}
