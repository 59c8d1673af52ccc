// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress

/// The error of a client's call: a code for programs, and a message that says what to do.
///
/// New codes may be added; treat an unknown code like ``Code/refused``.
public struct ProgressClientError: Error, Sendable, Hashable {
    /// The kind of failure.
    public let code: Code
    /// A readable message: what happened, and what to do.
    public let message: String
    /// The problem in the server's response (RFC 9457); `nil` if the response has none.
    public let problem: ProgressProblem?
    /// The delay before the next try that the server asks for.
    public let retryAfter: Duration?

    /// Creates an error from its parts.
    public init(_ code: Code, _ message: String, problem: ProgressProblem? = nil, retryAfter: Duration? = nil) {
        self.code = code
        self.message = message
        self.problem = problem
        self.retryAfter = retryAfter
    }
}

extension ProgressClientError {
    /// A kind of failure; new kinds may be added, so compare with the static members.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name in kebab case; for a refusal of the server, the last part of the problem's `type`.
        public let name: String

        private init(name: String) { self.name = name }

        /// Creates the code of a kind of problem.
        init(_ kind: ProgressProblem.Kind) { name = kind.rawValue }

        /// The name.
        public var description: String { name }

        /// The text is not the URL of a server or of an operation.
        public static let invalidURL = Code(name: "invalid-url")
        /// The URL's scheme is not supported.
        public static let unsupportedScheme = Code(name: "unsupported-scheme")
        /// The server's certificate is not trusted, or no secure connection could be negotiated.
        public static let insecure = Code(name: "insecure")
        /// No server responds at the address.
        public static let unreachable = Code(name: "unreachable")
        /// The response took too long.
        public static let timedOut = Code(name: "timed-out")
        /// The connection broke before the response was complete.
        public static let disconnected = Code(name: "disconnected")
        /// The response does not follow the protocol.
        public static let invalidAnswer = Code(name: "invalid-answer")
        /// The response is larger than the client's limit.
        public static let answerTooLarge = Code(name: "answer-too-large")
        /// The calling task was cancelled.
        public static let cancelled = Code(name: "cancelled")
        /// The server is overloaded or is shutting down; try again later.
        public static let unavailable = Code(name: "unavailable")
        /// The server requires valid credentials (401).
        public static let unauthenticated = Code(.unauthenticated)
        /// The credentials do not permit the call (403).
        public static let forbidden = Code(.forbidden)
        /// No operation has that identifier (404).
        public static let unknown = Code(.unknown)
        /// The operation was deleted, or its retention time has passed (410).
        public static let gone = Code(.gone)
        /// An operation with that identifier already exists (409).
        public static let alreadyExists = Code(.alreadyExists)
        /// The operation has ended, so no report is accepted (409).
        public static let ended = Code(.ended)
        /// A later attempt has begun, so the reports of this worker are refused (409).
        public static let staleAttempt = Code(.staleAttempt)
        /// The operation is no longer at the cursor that the call named (412).
        public static let cursorMismatch = Code(.cursorMismatch)
        /// The operation accepts no request to cancel (409).
        public static let notCancellable = Code(.notCancellable)
        /// The operation has no open question (409).
        public static let notWaiting = Code(.notWaiting)
        /// Another question is open (409).
        public static let alreadyAnswered = Code(.alreadyAnswered)
        /// The text is no possible answer to the question (422).
        public static let answerNotAccepted = Code(.answerNotAccepted)
        /// The report breaks a rule (400, 413, 415, 422).
        public static let invalidReport = Code(.invalidReport)
        /// The server has reached its limit of operations (503).
        public static let tooManyOperations = Code(.tooManyOperations)
        /// The server refuses for another reason; see ``ProgressClientError/problem``.
        public static let refused = Code(name: "refused")
    }

    /// Whether the same call may succeed later.
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
