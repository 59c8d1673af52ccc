// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import DequeModule
import NIOCore

/// What a client knows: its connection, its subscriptions and its open requests; a pure state machine.
///
/// A method that ends waits returns the calls that tell the waiting callers; the client makes them after it has released
/// its lock.
struct ClientState {
    typealias Completion<Value> = @Sendable (Result<Value, NATSError>) -> Void
    typealias Call = @Sendable () -> Void

    /// An open connection.
    struct Link {
        let channel: any Channel
        let address: NATSAddress
        var info: ServerInfo
        /// When the next ping is due.
        var pingAt: NIODeadline
        /// When the connection is closed because its server shuts down; `nil` if the server stays.
        var leaveAt: NIODeadline?
    }

    struct Subscription {
        let subject: String
        let queue: String?
        let receive: @Sendable (NATSMessage) -> Void
    }

    struct Request {
        let deadline: NIODeadline
        let complete: Completion<NATSMessage>
    }

    /// The subscription to which all responses come.
    static let inboxID: UInt64 = 1

    let inbox: String
    private let limit: Int
    var link: Link?
    var outbox: Outbox
    var subscriptions: [UInt64: Subscription] = [:]
    var requests: [UInt64: Request] = [:]
    /// The pings that the server has not responded to, oldest first: the number of the caller that waits, or `nil`.
    var pings: Deque<UInt64?> = []
    var flushes: [UInt64: Completion<Void>] = [:]
    var connectionWaiters: [UInt64: Completion<Void>] = [:]
    private var lastID = inboxID
    private var isClosed = false

    init(inbox: String, limit: Int) {
        self.inbox = inbox
        self.limit = limit
        outbox = Outbox(limit: limit)
    }

    /// Takes a new connection, and restores the subscriptions on it.
    mutating func attach(_ new: Link) -> [Call] {
        link = new
        outbox = Outbox(limit: limit)
        outbox.appendAlways(.subscribe(subject: "\(inbox).*", queue: nil, id: Self.inboxID))
        for (id, one) in subscriptions {
            outbox.appendAlways(.subscribe(subject: one.subject, queue: one.queue, id: id))
        }
        return completeConnectionWaiters(.success(()))
    }

    /// Forgets a connection that has ended; returns `nil` if it is not the current one.
    mutating func detach(_ channel: any Channel, for error: NATSError) -> [Call]? {
        guard let link, link.channel === channel else { return nil }
        self.link = nil
        outbox = Outbox(limit: limit)
        var calls: [Call] = []
        for complete in flushes.values { calls.append { complete(.failure(error)) } }
        for request in requests.values { calls.append { request.complete(.failure(error)) } }
        (pings, flushes, requests) = ([], [:], [:])
        return calls
    }

    /// Ends the client for ever, without a connection.
    mutating func close() -> [Call] {
        isClosed = true
        subscriptions = [:]
        return completeConnectionWaiters(.failure(Self.closed))
    }

    private mutating func completeConnectionWaiters(_ result: Result<Void, NATSError>) -> [Call] {
        defer { connectionWaiters = [:] }
        return connectionWaiters.values.map { complete -> Call in { complete(result) } }
    }

    /// Returns the connection, or throws if there is none.
    func current() throws(NATSError) -> Link {
        if isClosed { throw Self.closed }
        guard let link else {
            throw NATSError(.notConnected, "There is no connection to a NATS server; the client connects again.")
        }
        return link
    }

    /// Registers a caller that waits for a connection; returns whether there is one already.
    mutating func awaitConnection(_ id: UInt64, _ complete: @escaping Completion<Void>) throws(NATSError) -> Bool {
        if isClosed { throw Self.closed }
        guard link == nil else { return true }
        connectionWaiters[id] = complete
        return false
    }

    /// Takes the bytes to send on a connection, if it is the current one.
    mutating func takeOutbox(for channel: any Channel) -> ByteBuffer? {
        link?.channel === channel ? outbox.take() : nil
    }

    /// Notes that the system has taken bytes.
    mutating func noteSent(_ count: Int, on channel: any Channel) {
        if link?.channel === channel { outbox.noteSent(count) }
    }

    mutating func nextID() -> UInt64 {
        lastID += 1
        return lastID
    }

    private static var closed: NATSError { NATSError(.closed, "The NATS client is closed.") }
}
