// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import LiveProgress

/// A limit that a client can meet, by the name that metrics and problems call it by.
public enum ProgressLimit: String, Sendable, Hashable, CaseIterable {
    /// Open connections in total.
    case connections
    /// Open connections of one address, or of one network of IPv6; behind a trusted proxy, requests that are being answered.
    case connectionsPerAddress = "connections-per-address"
    /// Watchers of one operation.
    case watchersPerOperation = "watchers-per-operation"
    /// Watchers that one subject has, of whatever.
    case watchersPerSubject = "watchers-per-subject"
    /// Operations in total.
    case operations
    /// Operations that one subject has created.
    case operationsPerSubject = "operations-per-subject"
    /// Bytes of what is kept of all operations.
    case historyBytes = "history-bytes"
    /// Reports on one operation in a time.
    case reportRate = "report-rate"
    /// Bytes of a request's target.
    case targetSize = "target-size"
    /// Bytes or number of a request's fields.
    case headerSize = "header-size"
    /// Bytes of a request's body.
    case bodySize = "body-size"
    /// Bytes of a WebSocket message.
    case messageSize = "message-size"
    /// WebSocket messages of one watcher in a time.
    case messageRate = "message-rate"
    /// Time for a request's head, be it a handshake's.
    case headTime = "head-time"
    /// Time for a request's body.
    case bodyTime = "body-time"
    /// Time of a connection without a request.
    case idleTime = "idle-time"
    /// Time for which a client takes nothing of what it is sent.
    case unreadTime = "unread-time"
}

extension ProgressProblem {
    /// The problem of a newcomer that is past a limit, which it names in its member `limit`.
    ///
    /// Its status is 429 where that is the client's own doing, and 503 where others have used the limit up.
    package init(_ kind: Kind, past limit: ProgressLimit, _ detail: String) {
        self.init(kind, detail)
        extensions["limit"] = .string(limit.rawValue)
    }

    /// A connection that is one too many, in total or for its address; answered before its request is read; or a
    /// request of an address behind a proxy.
    package static func tooManyConnections(_ limit: ProgressLimit) -> ProgressProblem {
        limit == .connectionsPerAddress
            ? ProgressProblem(
                .tooManyConnectionsOfAddress,
                past: limit,
                "Your address has as many connections as one may have. Close some, or use those that are open."
            )
            : ProgressProblem(
                .tooManyConnections,
                past: limit,
                "The server has as many connections as it may. Try again after the seconds in Retry-After."
            )
    }
}
