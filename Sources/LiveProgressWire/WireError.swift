// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// The reason why a message or a body breaks the protocol: the wrong member, and what is allowed.
package struct WireError: Error, Sendable, Hashable {
    /// The wrong member, such as `progress.totalCount`, or `nil` if the whole text is wrong.
    package let member: String?
    /// A sentence that names the member and says what is allowed.
    package let message: String
    /// Whether the bytes break the syntax of JSON or forms, rather than hold a value that is not allowed.
    package let isMalformed: Bool

    /// Creates an error about a member, or about the whole text.
    package init(member: String? = nil, message: String, isMalformed: Bool = false) {
        self.member = member
        self.message = message
        self.isMalformed = isMalformed
    }

    /// Creates an error that says what a member must be or do.
    init(_ member: String, _ rule: String) {
        self.init(member: member, message: "\(member) \(rule).")
    }

    /// Creates an error about a text that is not JSON, or has a number out of range.
    init(_ error: JSONError) {
        self.init(message: error.description, isMalformed: !error.isOutOfRange)
    }
}

extension WireError: CustomStringConvertible {
    /// The message.
    package var description: String { message }
}
