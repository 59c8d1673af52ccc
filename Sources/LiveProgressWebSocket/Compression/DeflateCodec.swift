// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import NIOCore

/// Inflates DEFLATE data (RFC 1951), piece by piece.
///
/// An inflater reads one stream: data may refer to earlier data until a reset. For one caller at a time.
public protocol Inflater: AnyObject, Sendable {
    /// Inflates a piece and appends the result to a buffer.
    /// - Parameters:
    ///   - piece: The next bytes; all of them are consumed.
    ///   - output: The buffer with the result so far.
    ///   - limit: The maximum size of the result in bytes; the inflater uses no more memory than that.
    /// - Throws: ``InflateError``; do not use the stream then.
    func inflate(_ piece: ByteBuffer, into output: inout ByteBuffer, limit: Int) throws(InflateError)

    /// Ends a message; a per-message limit of the inflater starts again with the next message.
    func messageEnded()

    /// Discards all earlier data.
    func reset()
}

/// The reason why bytes cannot be inflated.
public enum InflateError: Error, Sendable, Hashable {
    /// The bytes are not DEFLATE data.
    case malformed
    /// The inflated result exceeds the limit.
    case tooLong
}

/// Compresses data with DEFLATE (RFC 1951), message by message.
///
/// A deflater writes one stream: a message may refer to earlier messages until a reset. For one caller at a time.
public protocol Deflater: AnyObject, Sendable {
    /// Compresses a message, and appends the result to a buffer, up to and including an empty uncompressed block.
    /// - Parameters:
    ///   - message: The message; not empty.
    ///   - output: The buffer for the result; the result ends with `00 00 FF FF`.
    /// - Returns: Whether the compression succeeded; discard the result otherwise.
    func deflate(_ message: ByteBuffer, into output: inout ByteBuffer) -> Bool

    /// Discards all earlier data.
    func reset()
}

/// Makes inflaters and deflaters; wraps a compression library.
public protocol DeflateCodec: Sendable {
    /// The supported window sizes of a deflater, as binary logarithms of bytes.
    var windowBits: ClosedRange<Int> { get }

    /// Makes an inflater that accepts any window size.
    /// - Returns: The inflater, or `nil` if there is not enough memory.
    func makeInflater() -> (any Inflater)?

    /// Makes a deflater.
    /// - Parameter windowBits: The window size, one of ``windowBits``.
    /// - Returns: The deflater, or `nil` if there is not enough memory.
    func makeDeflater(windowBits: Int) -> (any Deflater)?
}
