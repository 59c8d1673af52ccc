// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import NIOCore

/// A message of a subscription.
public struct NATSMessage: Sendable, Hashable {
    /// The subject to which the message was published.
    public let subject: String
    /// The subject for a response; `nil` if the sender expects none.
    public let reply: String?
    /// The header fields.
    public let headers: NATSHeaders
    /// The content, without the header fields.
    public let payload: ByteBuffer
}
