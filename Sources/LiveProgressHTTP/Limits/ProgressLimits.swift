// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// How much of the API one operation, and one subject, may take up; `nil` for any amount.
public struct ProgressLimits: Sendable, Hashable {
    /// Watchers of one operation: WebSockets, streams and long polls together.
    public var watchersPerOperation: Int? = 100_000
    /// Watchers of one subject; those of whom nobody knows who they are do not count.
    public var watchersPerSubject: Int? = 1000
    /// Requests that are being answered, streams and WebSockets of one address that trusted proxies tell, or of one /64 of IPv6.
    ///
    /// Who is not behind a proxy is counted by its connections, where they are taken in.
    public var requestsPerForwardedAddress: Int? = 1024
    /// Operations that one subject has created and that are kept.
    public var operationsPerSubject: Int? = 10_000
    /// Reports on one operation a second, in the long run; an end is never refused.
    public var reportsPerSecond: Double? = 1000
    /// Reports on one operation that may come at once after a pause.
    public var reportBurst = 10_000

    /// The defaults, as each member says.
    public init() {}
}
