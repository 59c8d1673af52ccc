// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Why a WebSocket was closed (RFC 6455 section 7.4), and whether to come back.
///
/// Of the codes for applications, 4000 to 4499 say "come back" and 4500 to 4999 say "do not".
public struct ProgressCloseCode: RawRepresentable, Sendable, Hashable {
    /// The code as it stands in the close frame.
    public let rawValue: UInt16

    /// A code, also one that has no name here.
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// The operation has ended, and the last message has said how.
    public static let ended = ProgressCloseCode(rawValue: 1000)
    /// The server stops; another one, or the same one later, goes on.
    public static let goingAway = ProgressCloseCode(rawValue: 1001)
    /// The peer broke the WebSocket protocol.
    public static let protocolError = ProgressCloseCode(rawValue: 1002)
    /// The peer sent a kind of message that is not taken, such as a binary one.
    public static let unsupportedData = ProgressCloseCode(rawValue: 1003)
    /// The peer sent text that is not UTF-8.
    public static let invalidPayload = ProgressCloseCode(rawValue: 1007)
    /// The peer sent nonsense more than once.
    public static let policyViolation = ProgressCloseCode(rawValue: 1008)
    /// The peer sent a message that is too long.
    public static let messageTooBig = ProgressCloseCode(rawValue: 1009)
    /// The server failed.
    public static let internalError = ProgressCloseCode(rawValue: 1011)
    /// The server has too much to do.
    public static let tryAgainLater = ProgressCloseCode(rawValue: 1013)
    /// The server lost the watcher's place; on coming back it gets the current state.
    public static let resync = ProgressCloseCode(rawValue: 4000)
    /// The watcher read too slowly for too long.
    public static let tooSlow = ProgressCloseCode(rawValue: 4008)
    /// The watcher's token is missing, wrong, or has run out.
    public static let unauthenticated = ProgressCloseCode(rawValue: 4501)
    /// The watcher's token does not allow this.
    public static let forbidden = ProgressCloseCode(rawValue: 4503)
    /// There is no such operation.
    public static let unknown = ProgressCloseCode(rawValue: 4504)
    /// The operation was deleted, or has been kept for as long as it is kept.
    public static let removed = ProgressCloseCode(rawValue: 4510)

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
        default: ""
        }
    }

    /// Whether a watcher should come back, with the cursor that it has, after a pause.
    ///
    /// True also for 1005 and 1006, which stand for a connection that broke without a code, and for 1012 and 1014,
    /// which proxies send.
    public var shouldReconnect: Bool {
        switch rawValue {
        case 1001, 1005, 1006, 1011...1014, 4000...4499: true
        default: false
        }
    }
}

extension ProgressCloseCode: CustomStringConvertible {
    /// The code and its reason, such as `1000 ended`.
    public var description: String {
        reason.isEmpty ? "\(rawValue)" : "\(rawValue) \(reason)"
    }
}
