// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import LiveProgress

/// A limit that a client can reach; its raw value is its name in metrics and problems.
public enum ProgressLimit: String, Sendable, Hashable, CaseIterable {
    /// Open connections in total.
    case connections
    /// Open connections of one IPv4 address or IPv6 /64 network; behind a trusted proxy, requests in progress.
    case connectionsPerAddress = "connections-per-address"
    /// Watchers of one operation.
    case watchersPerOperation = "watchers-per-operation"
    /// Watchers of one subject, of operations and of lists together.
    case watchersPerSubject = "watchers-per-subject"
    /// Operations in total.
    case operations
    /// Operations that one subject has created.
    case operationsPerSubject = "operations-per-subject"
    /// Bytes of the history of all operations.
    case historyBytes = "history-bytes"
    /// Reports on one operation per second.
    case reportRate = "report-rate"
    /// Bytes of a request's target.
    case targetSize = "target-size"
    /// Bytes or number of a request's header fields.
    case headerSize = "header-size"
    /// Bytes of a request's body.
    case bodySize = "body-size"
    /// Bytes of a WebSocket message.
    case messageSize = "message-size"
    /// WebSocket messages of one watcher per minute.
    case messageRate = "message-rate"
    /// Time to receive a request's head, including a WebSocket handshake.
    case headTime = "head-time"
    /// Time to receive a request's body.
    case bodyTime = "body-time"
    /// Time that a connection may be idle between requests.
    case idleTime = "idle-time"
    /// Time that a client may leave sent bytes unread.
    case unreadTime = "unread-time"
}

extension ProgressProblem {
    /// Creates the problem of a request or connection over a limit; the member `limit` of the problem names the limit.
    ///
    /// The status depends on `kind`: for example 429 for a limit of one client, and 503 for a limit that all clients
    /// share.
    package init(_ kind: Kind, past limit: ProgressLimit, _ detail: String) {
        self.init(kind, detail)
        extensions["limit"] = .string(limit.rawValue)
    }

    /// Returns the problem of a connection over the total limit or over the limit of its address.
    ///
    /// The connection gets this response before its request is read. A request through a proxy gets the same problem if
    /// its client address is over the limit.
    package static func tooManyConnections(_ limit: ProgressLimit) -> ProgressProblem {
        limit == .connectionsPerAddress
            ? ProgressProblem(
                .tooManyConnectionsOfAddress,
                past: limit,
                "Your address has reached its limit of connections. Close some, or use the open ones."
            )
            : ProgressProblem(
                .tooManyConnections,
                past: limit,
                "The server has reached its limit of connections. Try again after the seconds in Retry-After."
            )
    }
}
