// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Why a text is not JSON, and where.
public struct JSONError: Error, Sendable, Hashable {
    /// The offset of the first byte that does not fit, from 0; the length of the text where it ends too early.
    public let offset: Int
    /// What would have fitted there, such as `a comma or the end of the array`.
    public let expected: String
    /// Whether the text is JSON up to here, and a number in it is past what is taken (RFC 8259 section 6).
    public let isOutOfRange: Bool

    /// An error at an offset.
    public init(offset: Int, expected: String, isOutOfRange: Bool = false) {
        self.offset = offset
        self.expected = expected
        self.isOutOfRange = isOutOfRange
    }
}

extension JSONError: CustomStringConvertible {
    /// One sentence for people.
    public var description: String {
        "\(isOutOfRange ? "Number out of range" : "Not JSON"): expected \(expected) at byte \(offset)."
    }
}
