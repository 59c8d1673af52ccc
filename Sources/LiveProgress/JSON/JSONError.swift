// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Why a text is not JSON, and where.
public struct JSONError: Error, Sendable, Hashable {
    /// The offset of the first byte that does not fit, from 0; the length of the text where it ends too early.
    public let offset: Int
    /// What would have fitted there, such as `a comma or the end of the array`.
    public let expected: String

    /// An error at an offset.
    public init(offset: Int, expected: String) {
        self.offset = offset
        self.expected = expected
    }
}

extension JSONError: CustomStringConvertible {
    /// One sentence for people.
    public var description: String { "Not JSON: expected \(expected) at byte \(offset)." }
}
