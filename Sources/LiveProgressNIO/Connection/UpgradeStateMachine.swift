// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Where one accepted connection stands between HTTP and an upgrade: events in, actions out, no I/O.
///
/// ```text
/// idle ──► opening ──► http ──► promised ──► switching ──► upgraded
///   └──────────────────────────────▲ (the first request may be the upgrade)
/// ```
/// An upgrade that is refused, from `idle`, `http` or `switching`, leads to `refusing`, which ends with the connection.
///
/// An upgrade may come with any request of a connection whose earlier requests have been answered, because clients
/// that pool connections send it on one they have used before. Parts that the next step has still to see are held.
struct UpgradeStateMachine {
    /// What a request asks for.
    enum Intent: Equatable {
        /// An ordinary request.
        case plain
        /// A request behind which none is read: an upgrade that is refused, or to something unknown.
        case last
        /// An upgrade that is granted once the request has ended.
        case upgrade
        /// An upgrade that is refused once the request has ended.
        case refuse
    }

    /// What to do with a request part.
    enum InboundAction: Equatable {
        /// Hand it on to the HTTP path.
        case forward
        /// Keep it for later.
        case hold
        /// Keep it, and set the HTTP path up.
        case holdAndOpen
        /// Hand on what was held, and this: the promised upgrade is off.
        case release
        /// Drop it, and switch protocols.
        case `switch`(isPathOpen: Bool)
        /// Write the refusal, which is the connection's last answer.
        case refuse
        /// Nothing follows that anyone could read.
        case drop
    }

    /// What to do with a response part.
    enum OutboundAction: Equatable {
        case forward
        /// Hand it on, and close the connection when it is written.
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

    /// Whether inbound data are request parts, rather than bytes of another protocol.
    var readsRequests: Bool {
        switch phase {
        case .idle, .opening, .http, .promised, .refusing: true
        case .switching, .upgraded: false
        }
    }

    /// Whether the connection has left HTTP behind.
    var isUpgraded: Bool { if case .upgraded = phase { true } else { false } }

    /// Whether nobody has been given the connection yet, so that closing it is up to us.
    var isUndecided: Bool {
        switch phase {
        case .idle, .switching, .promised(isPathOpen: false): true
        case .opening, .http, .refusing, .upgraded, .promised(isPathOpen: true): false
        }
    }

    /// Whether the response being written is the last one of the connection.
    var announcesClose: Bool { closesAfterResponse && owedResponses <= 1 }

    /// Whether no request has come yet.
    var isIdle: Bool { if case .idle = phase { true } else { false } }

    /// The intent to act on: an upgrade cannot overtake the answers to earlier requests.
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
            // A request with a body is no WebSocket handshake: the routes shall say so.
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

    /// The upgrade of a whole request is off after all: the routes shall say so.
    mutating func withdrew(isPathOpen: Bool) -> InboundAction {
        guard case .switching = phase else { return .drop }
        owe(.last)
        phase = isPathOpen ? .http : .opening
        return isPathOpen ? .release : .holdAndOpen
    }

    /// The upgrade of a whole request is refused after all.
    mutating func refused() -> InboundAction {
        guard case .switching = phase else { return .drop }
        owe(.last)
        phase = .refusing
        return .refuse
    }

    /// The HTTP path stands: what was held goes to it.
    mutating func openedPath() {
        if case .opening = phase { phase = .http }
    }

    /// The other protocol has the connection.
    mutating func switched() {
        if case .switching = phase { phase = .upgraded }
    }

    /// The HTTP path writes the head of a response, which may itself announce the close.
    mutating func wroteHead(announcesClose: Bool) {
        if announcesClose { closesAfterResponse = true }
    }

    /// The HTTP path has written a whole response.
    mutating func wroteEnd() -> OutboundAction {
        owedResponses = max(0, owedResponses - 1)
        return closesAfterResponse && owedResponses == 0 ? .forwardAndClose : .forward
    }

    private mutating func owe(_ intent: Intent) {
        owedResponses += 1
        if intent == .last { closesAfterResponse = true }
    }
}
