// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import NIOCore

/// Undoes DEFLATE (RFC 1951), piece by piece.
///
/// One stream: what comes may refer to what came before it, until it is reset. For one caller at a time.
public protocol Inflater: AnyObject, Sendable {
    /// Inflates a piece behind what a buffer holds.
    /// - Parameters:
    ///   - piece: The next bytes; all of them are taken.
    ///   - output: Where the result goes, as far as it has come.
    ///   - limit: How many bytes the result may have at most; no more memory than that is used.
    /// - Throws: ``InflateError``; the stream is of no use then.
    func inflate(_ piece: ByteBuffer, into output: inout ByteBuffer, limit: Int) throws(InflateError)

    /// A message ends behind what was inflated; what an inflater allows a message it allows the next one anew.
    func messageEnded()

    /// Forgets what came before.
    func reset()
}

/// Why bytes cannot be inflated.
public enum InflateError: Error, Sendable, Hashable {
    /// They are not DEFLATE.
    case malformed
    /// They inflate to more than the limit.
    case tooLong
}

/// Compresses with DEFLATE (RFC 1951), message by message.
///
/// One stream: a message may refer to those before it, until it is reset. For one caller at a time.
public protocol Deflater: AnyObject, Sendable {
    /// Compresses a message behind what a buffer holds, up to and including an empty block without compression.
    /// - Parameters:
    ///   - message: The message; not empty.
    ///   - output: Where the result goes; it ends with `00 00 FF FF`.
    /// - Returns: Whether it could be done; what was written is of no use where not.
    func deflate(_ message: ByteBuffer, into output: inout ByteBuffer) -> Bool

    /// Forgets what came before.
    func reset()
}

/// Makes inflaters and deflaters: a library of compression.
public protocol DeflateCodec: Sendable {
    /// The windows that a deflater can be made for, as binary logarithms of bytes.
    var windowBits: ClosedRange<Int> { get }

    /// A fresh inflater that takes any window.
    /// - Returns: The inflater, or `nil` where there is no memory for it.
    func makeInflater() -> (any Inflater)?

    /// A fresh deflater.
    /// - Parameter windowBits: The window, one of ``windowBits``.
    /// - Returns: The deflater, or `nil` where there is no memory for it.
    func makeDeflater(windowBits: Int) -> (any Deflater)?
}
