// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The reason why a call was refused.
///
/// ```swift
/// do { try service.getProgress(id) } catch where error.code == .unknown { … }
/// ```
public struct ProgressError: Error, Sendable, Hashable {
    /// The kind of a refusal; later versions may add kinds.
    public struct Code: Sendable, Hashable {
        /// The kind of the problem that reports this refusal to a client.
        package let kind: ProgressProblem.Kind

        /// The kind's stable name, such as `not-cancellable`.
        public var name: String { kind.rawValue }

        private init(_ kind: ProgressProblem.Kind) { self.kind = kind }

        /// The operation does not exist.
        public static let unknown = Code(.unknown)
        /// The operation was deleted, or its retention is over.
        public static let gone = Code(.gone)
        /// The chosen identifier belongs to an operation that has not ended.
        public static let alreadyExists = Code(.alreadyExists)
        /// The operation has ended and cannot change.
        public static let ended = Code(.ended)
        /// The report came from an attempt that is no longer current.
        public static let staleAttempt = Code(.staleAttempt)
        /// The operation is no longer at the revision that the caller expected.
        public static let cursorMismatch = Code(.cursorMismatch)
        /// The operation does not accept requests to cancel.
        public static let notCancellable = Code(.notCancellable)
        /// The operation has no open question.
        public static let notWaiting = Code(.notWaiting)
        /// The question was answered already; another one is open.
        public static let alreadyAnswered = Code(.alreadyAnswered)
        /// The text is no possible answer to the question.
        public static let answerNotAccepted = Code(.answerNotAccepted)
        /// The question was closed without an answer: at its deadline, or because it was withdrawn.
        public static let unanswered = Code(.unanswered)
        /// The report contradicts itself or holds a value out of range.
        public static let invalidReport = Code(.invalidReport)
        /// The service has reached its maximum number of operations.
        public static let tooManyOperations = Code(.tooManyOperations)
        /// The service has reached its maximum size of report history.
        public static let historyFull = Code(.historyFull)
        /// The service has no store, or its store has not committed a report.
        public static let storeUnavailable = Code(.storeUnavailable)
    }

    /// The kind of the refusal.
    public let code: Code
    /// A message that says what happened and what to do.
    public let message: String

    /// Creates a refusal of a kind.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension ProgressError: CustomStringConvertible {
    /// The kind and the message.
    public var description: String { "\(code.name): \(message)" }
}
