// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The codes that Live Progress closes WebSockets with (RFC 6455 section 7.4).
///
/// Of the codes for applications, 4000 to 4499 say "come back" and 4500 to 4999 say "do not".
public enum WebSocketCloseCode: UInt16, Sendable, Hashable, CaseIterable {
    /// The operation has ended, and the last message has said how.
    case ended = 1000
    /// The server stops; another one, or the same one later, goes on.
    case goingAway = 1001
    /// The peer broke the WebSocket protocol.
    case protocolError = 1002
    /// The peer sent a kind of message that is not taken, such as a binary one.
    case unsupportedData = 1003
    /// The peer sent text that is not UTF-8.
    case invalidPayload = 1007
    /// The peer sent nonsense more than once.
    case policyViolation = 1008
    /// The peer sent a message that is too long.
    case messageTooBig = 1009
    /// The server failed.
    case internalError = 1011
    /// The server has too much to do.
    case tryAgainLater = 1013
    /// The server lost the watcher's place; on coming back it gets the current state.
    case resync = 4000
    /// The watcher read too slowly for too long.
    case tooSlow = 4008
    /// The watcher's token is missing, wrong, or has run out.
    case unauthenticated = 4501
    /// The watcher's token does not allow this.
    case forbidden = 4503
    /// There is no such operation.
    case unknown = 4504
    /// The operation was deleted, or has been kept for as long as it is kept.
    case removed = 4510

    /// A few words for the close frame and for logs.
    public var reason: String {
        switch self {
        case .ended: "ended"
        case .goingAway: "server going away, reconnect"
        case .protocolError: "protocol error"
        case .unsupportedData: "only text messages are taken"
        case .invalidPayload: "text is not UTF-8"
        case .policyViolation: "messages not understood"
        case .messageTooBig: "message too big"
        case .internalError: "internal error"
        case .tryAgainLater: "try again later"
        case .resync: "resync, reconnect"
        case .tooSlow: "too slow for too long, reconnect"
        case .unauthenticated: "unauthenticated"
        case .forbidden: "forbidden"
        case .unknown: "unknown operation"
        case .removed: "deleted or expired"
        }
    }
}

extension WebSocketCloseReason {
    /// The codes after which a watcher comes back.
    ///
    /// Among them are 1005 and 1006, which stand for a connection that broke without a code, and 1012 and 1014, which
    /// proxies send.
    package static let reconnectCodes: [ClosedRange<UInt16>] = [1001...1001, 1005...1006, 1011...1014, 4000...4499]

    /// Whether a watcher should come back, with the cursor that it has, after a pause.
    public var shouldReconnect: Bool {
        Self.reconnectCodes.contains { $0.contains(code) }
    }

    /// A reason of a code, in the code's own words unless there is more to say.
    public init(_ code: WebSocketCloseCode, _ detail: String? = nil) {
        self.init(code: code.rawValue, reason: detail ?? code.reason)
    }
}
