// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The state of one accepted connection between HTTP and an upgrade: events in, actions out, no I/O.
///
/// ```text
/// idle ──► opening ──► http ──► promised ──► switching ──► upgraded
///   └──────────────────────────────▲ (the first request may be the upgrade)
/// ```
/// A refused upgrade leads from `idle`, `http` or `switching` to `refusing`, which lasts until the connection closes.
///
/// Any request may ask for an upgrade once all earlier requests have been answered, because clients with connection pools send
/// upgrades on used connections. The machine holds request parts that the next step still needs.
struct UpgradeStateMachine {
    /// What a request asks for.
    enum Intent: Equatable {
        /// An ordinary request.
        case plain
        /// A request after which no other is read: an upgrade to an unknown protocol, or one that is refused.
        case last
        /// An upgrade that is granted when the request has ended.
        case upgrade
        /// An upgrade that is refused when the request has ended.
        case refuse
    }

    /// What to do with a request part.
    enum InboundAction: Equatable {
        /// Pass the part to the HTTP path.
        case forward
        /// Hold the part.
        case hold
        /// Hold the part, and set up the HTTP path.
        case holdAndOpen
        /// Pass the held parts and this part to the HTTP path: the request is no upgrade after all.
        case release
        /// Drop the part, and switch protocols.
        case `switch`(isPathOpen: Bool)
        /// Write the refusal, the last response of the connection.
        case refuse
        /// Drop the part: no reader is left.
        case drop
    }

    /// What to do with a response part.
    enum OutboundAction: Equatable {
        case forward
        /// Pass the part on, and close the connection when it is written.
        case forwardAndClose
    }

    private enum Phase {
        case idle, opening, http, refusing, upgraded
        case promised(isPathOpen: Bool)
        case switching
    }

    private var phase = Phase.idle
    private var owedResponses = 0
    private var closesAfterResponse = false

    /// Whether inbound data are request parts, not bytes of another protocol.
    var readsRequests: Bool {
        switch phase {
        case .idle, .opening, .http, .promised, .refusing: true
        case .switching, .upgraded: false
        }
    }

    /// Whether the connection has left HTTP.
    var isUpgraded: Bool { if case .upgraded = phase { true } else { false } }

    /// Whether the connection has no owner yet, so that the caller must close it.
    var isUndecided: Bool {
        switch phase {
        case .idle, .switching, .promised(isPathOpen: false): true
        case .opening, .http, .refusing, .upgraded, .promised(isPathOpen: true): false
        }
    }

    /// Whether the current response is the last one of the connection.
    var announcesClose: Bool { closesAfterResponse && owedResponses <= 1 }

    /// Whether no request has arrived yet.
    var isIdle: Bool { if case .idle = phase { true } else { false } }

    /// Returns whether the next request may upgrade: only if all earlier requests have been answered.
    func canUpgrade() -> Bool {
        switch phase {
        case .idle: true
        case .http: owedResponses == 0
        case .opening, .promised, .refusing, .switching, .upgraded: false
        }
    }

    mutating func receivedHead(_ intent: Intent) -> InboundAction {
        switch phase {
        case .idle where intent == .upgrade:
            phase = .promised(isPathOpen: false)
            return .hold
        case .idle where intent == .refuse, .http where intent == .refuse:
            phase = .refusing
            owe(.last)
            return .drop
        case .idle:
            phase = .opening
            owe(intent)
            return .holdAndOpen
        case .http where intent == .upgrade:
            phase = .promised(isPathOpen: true)
            return .hold
        case .http:
            owe(intent)
            return .forward
        case .opening:
            owe(intent)
            return .hold
        case .promised, .refusing, .switching, .upgraded: return .drop
        }
    }

    mutating func receivedBody() -> InboundAction {
        switch phase {
        case .opening: return .hold
        case .http: return .forward
        case .promised(let isPathOpen):
            // A request with a body is no WebSocket handshake: the routes must refuse it.
            owe(.last)
            phase = isPathOpen ? .http : .opening
            return isPathOpen ? .release : .holdAndOpen
        case .idle, .refusing, .switching, .upgraded: return .drop
        }
    }

    mutating func receivedEnd() -> InboundAction {
        switch phase {
        case .opening: return .hold
        case .http: return .forward
        case .promised(let isPathOpen):
            phase = .switching
            return .switch(isPathOpen: isPathOpen)
        case .refusing: return .refuse
        case .idle, .switching, .upgraded: return .drop
        }
    }

    /// Records that the upgrade of a whole request is withdrawn: the routes answer it.
    mutating func withdrew(isPathOpen: Bool) -> InboundAction {
        guard case .switching = phase else { return .drop }
        owe(.last)
        phase = isPathOpen ? .http : .opening
        return isPathOpen ? .release : .holdAndOpen
    }

    /// Records that the upgrade of a whole request is refused.
    mutating func refused() -> InboundAction {
        guard case .switching = phase else { return .drop }
        owe(.last)
        phase = .refusing
        return .refuse
    }

    /// Records that the HTTP path is set up, and gets the held parts.
    mutating func openedPath() {
        if case .opening = phase { phase = .http }
    }

    /// Records that the other protocol has taken over the connection.
    mutating func switched() {
        if case .switching = phase { phase = .upgraded }
    }

    /// Records that the HTTP path writes the head of a response, which may announce the close.
    mutating func wroteHead(announcesClose: Bool) {
        if announcesClose { closesAfterResponse = true }
    }

    /// Records that the HTTP path has written a whole response.
    mutating func wroteEnd() -> OutboundAction {
        owedResponses = max(0, owedResponses - 1)
        return closesAfterResponse && owedResponses == 0 ? .forwardAndClose : .forward
    }

    private mutating func owe(_ intent: Intent) {
        owedResponses += 1
        if intent == .last { closesAfterResponse = true }
    }
}
