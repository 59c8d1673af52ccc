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
        /// The kind's stable name, such as `not-cancellable`.
        public let name: String

        private init(_ name: String) { self.name = name }

        /// No such operation.
        public static let unknown = Code("unknown")
        /// The operation was there and is no more: deleted, or past its retention.
        public static let gone = Code("gone")
        /// The chosen identifier is that of an operation that goes on.
        public static let alreadyExists = Code("already-exists")
        /// The operation has ended; nothing can change it.
        public static let ended = Code("ended")
        /// The report came from an attempt that is no longer the current one.
        public static let staleAttempt = Code("stale-attempt")
        /// The operation is no longer at the revision that the caller expected.
        public static let cursorMismatch = Code("cursor-mismatch")
        /// The operation does not take requests to cancel.
        public static let notCancellable = Code("not-cancellable")
        /// The report contradicts itself or holds a value out of range.
        public static let invalidReport = Code("invalid-report")
        /// The service holds as many operations as it may.
        public static let tooManyOperations = Code("too-many-operations")
        /// The service keeps as much of what was reported as it may.
        public static let historyFull = Code("history-full")
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
