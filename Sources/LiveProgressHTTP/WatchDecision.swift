// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress
public import LiveProgressWire

/// What becomes of a request that may ask for a WebSocket; whoever has it acts on it, and nobody decides again.
public enum WatchDecision: Sendable {
    /// Upgrade, and send what is watched.
    case accept(WatchAcceptance)
    /// Answer with this, without upgrading.
    case refuse(ProgressResponse)
    /// It asks for no WebSocket of the API: an ordinary request, or one to somebody else.
    case notOurs
    /// It takes time to decide; the answer is not another `later`.
    case later(@Sendable () async -> WatchDecision)
}

extension WatchDecision {
    /// The decision, waited for.
    package func resolved() async -> WatchDecision {
        if case .later(let decide) = self { await decide() } else { self }
    }
}

/// What an upgraded connection watches, and how.
public struct WatchAcceptance: Sendable {
    /// What is watched.
    public enum Target: Sendable {
        /// One operation.
        case operation(ProgressJournal)
        /// All operations that match.
        case feed(ProgressQuery)
    }

    /// What is watched.
    public let target: Target
    /// How messages are laid out.
    public let format: ProgressFormat
    /// Where the watcher left off, as it came; `nil` where it brought nothing.
    public let cursor: String?
    /// What to answer in `Sec-WebSocket-Protocol`; `nil` for no such field.
    public let subprotocol: String?
    /// The watcher's slot, to be held as long as it watches.
    package let slot: QuotaSlot?
    /// Who watches, and what they may do; `nil` where nobody is asked.
    public let principal: ProgressPrincipal?
    /// What let them in, to be asked again when they renew their credentials.
    package let accessRequest: ProgressAccessRequest

    /// Whether somebody may ask the operation to stop; the list answers by itself.
    package func isCancelAllowed(to principal: ProgressPrincipal) -> Bool {
        guard case .operation(let journal) = target else { return true }
        return principal.may(.cancel, journal.id, labels: journal.labels)
    }
}
