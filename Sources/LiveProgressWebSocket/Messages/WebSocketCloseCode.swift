// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The close codes of Live Progress (RFC 6455 section 7.4).
///
/// Of the codes for applications, a client reconnects after 4000 to 4499, and does not reconnect after 4500 to 4999.
package enum WebSocketCloseCode: UInt16, Sendable, Hashable, CaseIterable {
    /// The operation has ended, and the last message has reported its result.
    case ended = 1000
    /// The server stops; reconnect to another server, or to this server later.
    case goingAway = 1001
    /// The peer broke the WebSocket protocol.
    case protocolError = 1002
    /// The peer sent an unsupported kind of message, such as a binary one.
    case unsupportedData = 1003
    /// The peer sent text that is not UTF-8.
    case invalidPayload = 1007
    /// The peer sent several invalid messages, sent too many messages, or did not read the answers.
    case policyViolation = 1008
    /// The peer sent a message that is too long.
    case messageTooBig = 1009
    /// The server failed, or the peer did not answer a ping in time.
    case internalError = 1011
    /// The server is overloaded.
    case tryAgainLater = 1013
    /// The server lost the watcher's position; a reconnecting watcher receives the current state.
    case resync = 4000
    /// The watcher took no bytes for too long.
    case tooSlow = 4008
    /// The watcher's token is missing, invalid or expired.
    case unauthenticated = 4501
    /// The watcher's token does not permit this.
    case forbidden = 4503
    /// The operation does not exist.
    case unknown = 4504
    /// The operation was deleted, or its retention time has passed.
    case removed = 4510

    /// A short text for the close frame and for logs.
    package var reason: String {
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
    /// The codes after which a watcher reconnects.
    ///
    /// They include 1005 and 1006, which stand for a connection that broke without a code, and 1012 and 1014, which proxies send.
    package static let reconnectCodes: [ClosedRange<UInt16>] = [1001...1001, 1005...1006, 1011...1014, 4000...4499]

    /// Whether a watcher should reconnect with its cursor after a pause.
    package var shouldReconnect: Bool {
        Self.reconnectCodes.contains { $0.contains(code) }
    }

    /// Creates a reason from a code, with the code's own text unless `detail` is given.
    package init(_ code: WebSocketCloseCode, _ detail: String? = nil) {
        self.init(code: code.rawValue, reason: detail ?? code.reason)
    }
}
