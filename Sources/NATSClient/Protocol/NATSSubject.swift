// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The rules of subjects: tokens of visible characters, separated by dots.
enum NATSSubject {
    /// Checks a subject to publish to, or a reply subject.
    static func check(_ subject: String) throws(NATSError) {
        try check(subject, allowsWildcards: false)
    }

    /// Checks a subject to subscribe to: a token may be `*`, and the last token may be `>`.
    static func checkPattern(_ subject: String) throws(NATSError) {
        try check(subject, allowsWildcards: true)
    }

    private static func check(_ subject: String, allowsWildcards: Bool) throws(NATSError) {
        let tokens = subject.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        for (index, token) in tokens.enumerated() {
            let isVisible = token.allSatisfy { $0 > 0x20 && $0 != 0x7F }
            let isRest = token.elementsEqual(">".utf8)
            let isPlain = !isRest && !token.elementsEqual("*".utf8)
            guard !token.isEmpty, isVisible, isPlain || (allowsWildcards && (!isRest || index == tokens.count - 1))
            else {
                throw NATSError(
                    .invalid,
                    "\(subject.debugDescription) is not a subject\(allowsWildcards ? "" : " to publish to"): expected tokens"
                        + " of visible characters, separated by dots."
                )
            }
        }
    }
}
