// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress

/// Why a client's call failed: a code to decide by, a message that says what can be done.
///
/// Codes may be added; treat one you do not know like ``Code/refused``.
public struct ProgressClientError: Error, Sendable, Hashable {
    /// The kind of failure.
    public let code: Code
    /// What happened and what can be done about it, for people.
    public let message: String
    /// What the server said (RFC 9457), where it said something.
    public let problem: ProgressProblem?
    /// How long the server asks to wait before the next try.
    public let retryAfter: Duration?

    /// An error with the given members.
    public init(_ code: Code, _ message: String, problem: ProgressProblem? = nil, retryAfter: Duration? = nil) {
        self.code = code
        self.message = message
        self.problem = problem
        self.retryAfter = retryAfter
    }
}

extension ProgressClientError {
    /// A kind of failure, open for more: compare with the static members.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name in kebab-case; for what a server refuses, the end of its problem's `type`.
        public let name: String

        private init(name: String) { self.name = name }

        /// What a problem of a kind is to a caller.
        init(_ kind: ProgressProblem.Kind) { name = kind.rawValue }

        /// The name.
        public var description: String { name }

        /// The text is no URL of a server or of an operation.
        public static let invalidURL = Code(name: "invalid-url")
        /// The URL's scheme is not supported.
        public static let unsupportedScheme = Code(name: "unsupported-scheme")
        /// The server could not prove to be who it should be, or no safe connection could be agreed on.
        public static let insecure = Code(name: "insecure")
        /// Nothing answers at that address.
        public static let unreachable = Code(name: "unreachable")
        /// The answer took too long.
        public static let timedOut = Code(name: "timed-out")
        /// The connection broke before the answer was complete.
        public static let disconnected = Code(name: "disconnected")
        /// What answered does not speak this protocol.
        public static let invalidAnswer = Code(name: "invalid-answer")
        /// The answer is larger than the client's limit.
        public static let answerTooLarge = Code(name: "answer-too-large")
        /// The calling task was cancelled.
        public static let cancelled = Code(name: "cancelled")
        /// The server has too much to do or is about to leave; try again later.
        public static let unavailable = Code(name: "unavailable")
        /// The server wants to know who is asking (401).
        public static let unauthenticated = Code(.unauthenticated)
        /// The server does not allow it (403).
        public static let forbidden = Code(.forbidden)
        /// No operation has that identifier (404).
        public static let unknown = Code(.unknown)
        /// The operation was deleted, or its time of retention is over (410).
        public static let gone = Code(.gone)
        /// An operation has that identifier already (409).
        public static let alreadyExists = Code(.alreadyExists)
        /// The operation has ended: nothing more can be reported (409).
        public static let ended = Code(.ended)
        /// A later attempt has begun: this worker is fenced off (409).
        public static let staleAttempt = Code(.staleAttempt)
        /// The operation has moved on from the cursor that the call named (412).
        public static let cursorMismatch = Code(.cursorMismatch)
        /// The operation takes no request to cancel (409).
        public static let notCancellable = Code(.notCancellable)
        /// The report breaks a rule (400, 413, 415, 422).
        public static let invalidReport = Code(.invalidReport)
        /// The server holds as many operations as it may (503).
        public static let tooManyOperations = Code(.tooManyOperations)
        /// The server refuses for another reason; see ``ProgressClientError/problem``.
        public static let refused = Code(name: "refused")
    }

    /// Whether the same call may well succeed a little later.
    public var isTransient: Bool {
        switch code {
        case .unreachable, .timedOut, .disconnected, .unavailable: true
        default: false
        }
    }
}

extension ProgressClientError: CustomStringConvertible {
    /// The message.
    public var description: String { message }
}
