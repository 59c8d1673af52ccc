// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The error of a client's call: a code for programs, and a message that says what to do.
public struct NATSError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure.
    public let code: Code
    /// A readable message: what happened, what was expected, and what to do.
    public let message: String

    /// Creates an error from its parts.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }

    /// A kind of failure; new kinds may be added, so compare with the static members.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name in kebab case.
        public let name: String

        /// The name.
        public var description: String { name }

        /// A URL, a subject, a header field or a file of credentials is not valid.
        public static let invalid = Code(name: "invalid")
        /// The client has no connection now.
        ///
        /// Nothing was sent.
        public static let notConnected = Code(name: "not-connected")
        /// The connection ended before the response arrived.
        ///
        /// The request may have been carried out.
        public static let disconnected = Code(name: "disconnected")
        /// No response arrived in time.
        ///
        /// The request may have been carried out.
        public static let timedOut = Code(name: "timed-out")
        /// The subject of a request has no subscriber.
        ///
        /// The request was not carried out.
        public static let noResponders = Code(name: "no-responders")
        /// Too many bytes wait for the connection.
        ///
        /// Nothing was sent.
        public static let bufferFull = Code(name: "buffer-full")
        /// The message is larger than the server accepts.
        ///
        /// Nothing was sent.
        public static let tooLarge = Code(name: "too-large")
        /// No server accepts a connection at the address.
        public static let unreachable = Code(name: "unreachable")
        /// The server refuses the credentials, or they have expired.
        public static let unauthorized = Code(name: "unauthorized")
        /// TLS was requested and could not be established.
        public static let insecure = Code(name: "insecure")
        /// The server does not follow the protocol.
        public static let protocolViolation = Code(name: "protocol-violation")
        /// The server reported another error with `-ERR`.
        public static let refused = Code(name: "refused")
        /// The calling task was cancelled.
        ///
        /// A request may have been carried out.
        public static let cancelled = Code(name: "cancelled")
        /// The client was closed.
        ///
        /// Nothing was sent.
        public static let closed = Code(name: "closed")
        /// The last message of the stream or of the subject is another one than the request expects (10071, 10164).
        public static let wrongLastSequence = Code(name: "wrong-last-sequence")
        /// The stream has no such message (10037).
        public static let messageNotFound = Code(name: "message-not-found")
        /// There is no stream of this name (10059).
        public static let streamNotFound = Code(name: "stream-not-found")
        /// There is a stream of this name with another configuration (10058).
        public static let streamExists = Code(name: "stream-exists")
        /// JetStream has no leader or too few servers now; try again later (10005, 10008, 10009, 10023).
        public static let unavailable = Code(name: "unavailable")
        /// The server is in no cluster, so it keeps one copy of each message (10074).
        public static let replicasNotSupported = Code(name: "replicas-not-supported")
        /// JetStream is not enabled on the server or for the account (10039, 10076).
        public static let notEnabled = Code(name: "not-enabled")
    }

    /// Whether the server may have carried out the request although the call failed.
    ///
    /// The caller has to find out by reading.
    public var isOutcomeUnknown: Bool {
        code == .disconnected || code == .timedOut || code == .cancelled
    }
}
