// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The client of a request, as reported by its connection or by a trusted proxy (``TrustedProxies``).
///
/// The caller has no data that the client itself claims in the request.
public struct ProgressCaller: Sendable, Hashable {
    /// The address of the client's end of the connection, without a port, such as `192.0.2.7`; `nil` if unknown.
    public var address: String?
    /// Whether the client's connection is encrypted.
    public var isSecure: Bool
    /// Whether a trusted proxy reported the caller.
    package var isForwarded = false
    /// Whether the server listens on a loopback address, which only the same machine can reach.
    public var isOnLoopback = false
    /// The authenticated subject, for limits per subject; `nil` if the client is not authenticated.
    public var subject: String?

    /// Creates a caller from the known values.
    public init(address: String? = nil, isSecure: Bool = false, subject: String? = nil) {
        self.address = address
        self.isSecure = isSecure
        self.subject = subject
    }
}
