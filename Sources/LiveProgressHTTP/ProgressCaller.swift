// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Where a request comes from, as its connection tells, or a proxy that is trusted to tell (``TrustedProxies``); what
/// the request itself claims is not part of it.
public struct ProgressCaller: Sendable, Hashable {
    /// The address of the client's end of the connection, without a port, such as `192.0.2.7`; `nil` where it is unknown.
    public var address: String?
    /// Whether the client's connection is encrypted.
    public var isSecure: Bool
    /// Whether a trusted proxy told all this.
    public var isForwarded = false
    /// Whether the server listens on a loopback address, which only this machine reaches.
    public var isOnLoopback = false
    /// Who the client has shown itself to be, for the limits of each; `nil` where nobody has asked.
    public var subject: String?

    /// A caller of whom no more is known than is given.
    public init(address: String? = nil, isSecure: Bool = false, subject: String? = nil) {
        self.address = address
        self.isSecure = isSecure
        self.subject = subject
    }
}
