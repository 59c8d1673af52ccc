// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import LiveProgress
package import LiveProgressWire

/// The decision on a request that may ask for a WebSocket; the server must act on the decision.
package enum WatchDecision: Sendable {
    /// Upgrade the connection, and send the events.
    case accept(WatchAcceptance)
    /// Send this response, without an upgrade.
    case refuse(ProgressResponse)
    /// The request does not ask for a WebSocket of the API.
    case notOurs
    /// The decision takes time; the closure must not return another `later`.
    case later(@Sendable () async -> WatchDecision)
}

extension WatchDecision {
    /// Returns the final decision, after a wait if it is `later`.
    package func resolved() async -> WatchDecision {
        if case .later(let decide) = self { await decide() } else { self }
    }
}

/// The watch of an upgraded connection.
package struct WatchAcceptance: Sendable {
    /// The target of a watch.
    package enum Target: Sendable {
        /// One operation.
        case operation(ProgressJournal)
        /// All operations that match the query.
        case feed(ProgressQuery)
    }

    /// The target of the watch.
    package let target: Target
    /// The format of the messages.
    package let format: ProgressFormat
    /// The cursor at which the watcher resumes, as sent; `nil` if the request has no cursor.
    package let cursor: String?
    /// The value of `Sec-WebSocket-Protocol` in the response; `nil` for no such field.
    package let subprotocol: String?
    /// The watcher's quota slot, to be held until the watch ends.
    package let slot: QuotaSlot?
    /// The principal of the watcher; `nil` without an authorizer.
    package let principal: ProgressPrincipal?
    /// The authorized request, which the authorizer sees again when the watcher renews its credentials.
    package let accessRequest: ProgressAccessRequest

    /// Returns whether a principal may cancel the operation; `true` for a list, which refuses every message itself.
    package func isCancelAllowed(to principal: ProgressPrincipal) -> Bool {
        guard case .operation(let journal) = target else { return true }
        return principal.may(.cancel, journal)
    }
}
