// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

extension StringProtocol {
    /// Returns whether this text and another one are equal, byte for byte in UTF-8.
    ///
    /// Text from outside must be compared by this method only. Swift compares and hashes strings by canonical
    /// equivalence, which takes quadratic time in the length of a run of combining marks: minutes for the text of one
    /// request.
    package func hasBytes(of other: some StringProtocol) -> Bool {
        utf8.elementsEqual(other.utf8)
    }
}

extension Optional where Wrapped: StringProtocol {
    /// Returns whether this is a text that equals another one, byte for byte.
    package func hasBytes(of other: some StringProtocol) -> Bool {
        switch self {
        case .none: false
        case .some(let text): text.hasBytes(of: other)
        }
    }
}

extension Sequence where Element: StringProtocol {
    /// Returns the first text that equals another one, byte for byte.
    package func first(withBytesOf text: some StringProtocol) -> Element? {
        first { $0.hasBytes(of: text) }
    }
}
