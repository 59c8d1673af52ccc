// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The reason why a text is not JSON, and the position of the error.
public struct JSONError: Error, Sendable, Hashable {
    /// The offset of the first wrong byte, from 0; the length of the text if it ends too early.
    public let offset: Int
    /// The expected text at that offset, such as `a comma or the end of the array`.
    public let expected: String
    /// Whether the text is JSON up to the offset, but has a number that is out of range (RFC 8259 section 6).
    package let isOutOfRange: Bool

    /// Creates an error at an offset.
    package init(offset: Int, expected: String, isOutOfRange: Bool = false) {
        self.offset = offset
        self.expected = expected
        self.isOutOfRange = isOutOfRange
    }
}

extension JSONError: CustomStringConvertible {
    /// The error as one sentence for people.
    public var description: String {
        "\(isOutOfRange ? "Number out of range" : "Not JSON"): expected \(expected) at byte \(offset)."
    }
}
