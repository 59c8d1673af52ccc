// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// Why a message or a body is not what the protocol wants: which member is wrong, and what is allowed.
public struct WireError: Error, Sendable, Hashable {
    /// The member that is wrong, such as `progress.totalCount`, or `nil` where the whole text is.
    public let member: String?
    /// A sentence that names the member and says what is allowed.
    public let message: String
    /// Whether the bytes break the syntax that they are in, JSON or a form; else they keep to it, and say what is not allowed.
    public let isMalformed: Bool

    /// An error about a member, or about the whole text.
    public init(member: String? = nil, message: String, isMalformed: Bool = false) {
        self.member = member
        self.message = message
        self.isMalformed = isMalformed
    }

    /// An error that says what a member must be or must do.
    init(_ member: String, _ rule: String) {
        self.init(member: member, message: "\(member) \(rule).")
    }

    /// An error about a text that is not JSON, or holds a number that is not taken.
    init(_ error: JSONError) {
        self.init(message: error.description, isMalformed: !error.isOutOfRange)
    }
}

extension WireError: CustomStringConvertible {
    /// The message.
    public var description: String { message }
}
