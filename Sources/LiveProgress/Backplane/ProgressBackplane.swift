// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A backplane: the shared records of several nodes, and the messages between them.
///
/// A node is one process with a service. Each operation has one record, which the nodes replace one after the other: a write
/// names the sequence of the record that it replaces. A backplane keeps these promises; `BackplaneConformance` of
/// LiveProgressTesting checks each of them:
///
/// 1. Of several writes that expect the same sequence, at most one succeeds. The others throw
///    ``BackplaneError/Code/conflict``, and change nothing.
/// 2. After ``write(_:of:expecting:)`` returns, ``read(_:)`` of every node returns this record or a later one. The record
///    survives the end of every node.
/// 3. The sequences of an operation grow. ``BackplaneRecord/previous`` is the sequence of the record before.
/// 4. After ``subscribe(to:receive:)`` returns, the subscriber receives each later record of its operation, in the order of
///    the sequences, or a later record whose `previous` reveals the gap. It receives no record of another operation.
/// 5. A write that throws ``BackplaneError/Code/unknownOutcome`` may have been made; ``read(_:)`` tells. A write that throws
///    another error was not made.
/// 6. ``history(of:)`` returns the newest record and those before it that are kept, in order, without gaps.
/// 7. ``scan()`` returns the newest record of each operation, as it was when the call began or later, without its payload.
/// 8. A record with a lifetime is forgotten after it, and so are all earlier records of its operation. The next write expects
///    the sequence 0.
/// 9. ``request(_:to:within:)`` reaches the node of that name, and no other. If there is no such node, it throws
///    ``BackplaneError/Code/noNode`` without waiting. A node that leaves responds to what it has received; a request to
///    a node that has just left may be lost.
/// 10. ``announce(_:)`` reaches every other node that has joined, unless its connection is interrupted.
public protocol ProgressBackplane: Sendable, CustomStringConvertible {
    /// Joins the nodes, before any other call.
    ///
    /// - Parameter node: The name of the node, and what receives its messages.
    /// - Throws: ``BackplaneError`` if the backplane cannot be used.
    func join(_ node: BackplaneNode) async throws(BackplaneError)

    /// Leaves the nodes, after all other calls.
    func leave() async

    /// Writes a record, and returns its sequence when a majority of the backplane's servers has it.
    ///
    /// - Parameters:
    ///   - draft: The content of the record.
    ///   - id: The operation.
    ///   - sequence: The sequence of the newest record of the operation; 0 if it has none.
    /// - Returns: The sequence of the new record.
    /// - Throws: ``BackplaneError``; see the promises 1 and 5.
    func write(_ draft: BackplaneDraft, of id: ProgressID, expecting sequence: UInt64) async throws(BackplaneError)
        -> UInt64

    /// Returns the newest record of an operation; `nil` if it has none.
    ///
    /// - Throws: ``BackplaneError/Code/unavailable``.
    func read(_ id: ProgressID) async throws(BackplaneError) -> BackplaneRecord?

    /// Returns the kept records of an operation, oldest first; empty if it has none.
    ///
    /// - Throws: ``BackplaneError/Code/unavailable``.
    func history(of id: ProgressID) async throws(BackplaneError) -> [BackplaneRecord]

    /// Subscribes to the later records of an operation.
    ///
    /// - Parameters:
    ///   - id: The operation.
    ///   - receive: Receives the records. The closure must not block.
    /// - Returns: The subscription, for ``unsubscribe(_:)``.
    /// - Throws: ``BackplaneError/Code/unavailable``.
    func subscribe(
        to id: ProgressID,
        receive: @escaping @Sendable (BackplaneRecord) -> Void
    ) async throws(BackplaneError) -> BackplaneSubscription

    /// Ends a subscription; a record that is being delivered may still arrive.
    func unsubscribe(_ subscription: BackplaneSubscription)

    /// Returns the newest record of each operation, without its payload, in any order.
    ///
    /// - Throws: ``BackplaneError/Code/unavailable``.
    func scan() async throws(BackplaneError) -> [BackplaneRecord]

    /// Sends a message to a node, and returns its response.
    ///
    /// - Throws: ``BackplaneError/Code/noNode``, or ``BackplaneError/Code/unknownOutcome`` if no response arrives in time.
    func request(_ message: [UInt8], to node: String, within limit: Duration) async throws(BackplaneError) -> [UInt8]

    /// Sends a message to all other nodes; does not wait, and has no effect without a connection.
    func announce(_ message: [UInt8])
}

/// A node of a backplane.
public struct BackplaneNode: Sendable {
    /// The name, which no other node has: at most 64 letters, digits, `-` and `_`.
    public let name: String
    /// Responds to the message of another node.
    public let respond: @Sendable ([UInt8]) async -> [UInt8]
    /// Receives what other nodes announce; the closure must not block.
    public let hear: @Sendable ([UInt8]) -> Void
    /// Called when this node finds that the backplane has lost all records; the closure must not block.
    public let beginAnew: @Sendable () -> Void

    /// Creates a node.
    public init(
        name: String,
        respond: @escaping @Sendable ([UInt8]) async -> [UInt8],
        hear: @escaping @Sendable ([UInt8]) -> Void,
        beginAnew: @escaping @Sendable () -> Void = {}
    ) {
        self.name = name
        self.respond = respond
        self.hear = hear
        self.beginAnew = beginAnew
    }
}

/// A subscription to the records of an operation.
public struct BackplaneSubscription: Sendable, Hashable {
    /// The number of the subscription; each subscription of a backplane has another one.
    public let number: UInt64

    /// Creates a subscription.
    public init(number: UInt64) {
        self.number = number
    }
}

/// The content of a record to write.
public struct BackplaneDraft: Sendable, Hashable {
    /// The name of the node that has the operation.
    public var owner: String
    /// The operation, in the format of the nodes.
    public var payload: [UInt8]
    /// The time after which the record is forgotten; `nil` if it stays.
    public var lifetime: Duration?

    /// Creates the content of a record.
    public init(owner: String, payload: [UInt8], lifetime: Duration? = nil) {
        self.owner = owner
        self.payload = payload
        self.lifetime = lifetime
    }
}

/// A record of an operation.
public struct BackplaneRecord: Sendable, Hashable {
    /// The operation.
    public var id: ProgressID
    /// The sequence of the record.
    public var sequence: UInt64
    /// The sequence of the operation's record before this one; 0 if there was none.
    public var previous: UInt64
    /// The name of the node that has the operation.
    public var owner: String
    /// The operation, in the format of the nodes.
    public var payload: [UInt8]

    /// Creates a record.
    public init(id: ProgressID, sequence: UInt64, previous: UInt64, owner: String, payload: [UInt8]) {
        self.id = id
        self.sequence = sequence
        self.previous = previous
        self.owner = owner
        self.payload = payload
    }
}

/// The error of a backplane: a code for programs, and a message that says what to do.
public struct BackplaneError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure.
    public enum Code: String, Sendable, Hashable {
        /// Another record was written meanwhile.
        case conflict
        /// The record may have been written, or the request may have been carried out.
        case unknownOutcome = "unknown-outcome"
        /// The backplane cannot be reached, or has no majority; nothing was written.
        case unavailable
        /// The record is larger than the backplane takes; nothing was written.
        case tooLarge = "too-large"
        /// No node has that name.
        case noNode = "no-node"
    }

    /// The kind of failure.
    public let code: Code
    /// A readable message.
    public let description: String

    /// Creates an error from its parts.
    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
