// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

extension StringProtocol {
    /// Whether this text and another are the same, byte for byte in UTF-8.
    ///
    /// What came from outside is compared by this alone. Swift's own comparing and hashing go by canonical equivalence,
    /// which takes time that grows with the square of a run of combining marks: minutes for the text of one request.
    package func hasBytes(of other: some StringProtocol) -> Bool {
        utf8.elementsEqual(other.utf8)
    }
}

extension Optional where Wrapped: StringProtocol {
    /// Whether there is a text, and it is the same as another, byte for byte.
    package func hasBytes(of other: some StringProtocol) -> Bool {
        switch self {
        case .none: false
        case .some(let text): text.hasBytes(of: other)
        }
    }
}

extension Sequence where Element: StringProtocol {
    /// The first of these texts that is the same as another, byte for byte.
    package func first(withBytesOf text: some StringProtocol) -> Element? {
        first { $0.hasBytes(of: text) }
    }
}
