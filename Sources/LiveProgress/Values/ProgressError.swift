// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Why a call was refused.
///
/// ```swift
/// do { try service.getProgress(id) } catch where error.code == .unknown { … }
/// ```
public struct ProgressError: Error, Sendable, Hashable {
    /// The kind of refusal; further kinds may be added.
    public struct Code: Sendable, Hashable {
        /// The kind of problem that the refusal is to a client.
        package let kind: ProgressProblem.Kind

        /// The kind's stable name, such as `not-cancellable`.
        public var name: String { kind.rawValue }

        private init(_ kind: ProgressProblem.Kind) { self.kind = kind }

        /// No such operation.
        public static let unknown = Code(.unknown)
        /// The operation was there and is no more: deleted, or past its retention.
        public static let gone = Code(.gone)
        /// The chosen identifier is that of an operation that goes on.
        public static let alreadyExists = Code(.alreadyExists)
        /// The operation has ended; nothing can change it.
        public static let ended = Code(.ended)
        /// The report came from an attempt that is no longer the current one.
        public static let staleAttempt = Code(.staleAttempt)
        /// The operation is no longer at the revision that the caller expected.
        public static let cursorMismatch = Code(.cursorMismatch)
        /// The operation does not take requests to cancel.
        public static let notCancellable = Code(.notCancellable)
        /// The report contradicts itself or holds a value out of range.
        public static let invalidReport = Code(.invalidReport)
        /// The service holds as many operations as it may.
        public static let tooManyOperations = Code(.tooManyOperations)
        /// The service keeps as much of what was reported as it may.
        public static let historyFull = Code(.historyFull)
    }

    /// The kind of refusal.
    public let code: Code
    /// What happened, and what to do about it.
    public let message: String

    /// A refusal of a kind.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension ProgressError: CustomStringConvertible {
    /// The kind and the message.
    public var description: String { "\(code.name): \(message)" }
}
