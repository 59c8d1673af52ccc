// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import NIOCore
import Synchronization

/// A subscription of a client; pass it to ``NATSConnection/unsubscribe(_:)``.
public struct NATSSubscription: Sendable, Hashable {
    let id: UInt64
}

extension NATSConnection {
    /// Publishes a message; does not wait.
    ///
    /// - Parameters:
    ///   - payload: The content.
    ///   - subject: The subject, without wildcards.
    ///   - headers: The header fields.
    ///   - reply: The subject for a response; `nil` to expect none.
    /// - Throws: ``NATSError/Code/notConnected``, ``NATSError/Code/bufferFull``, ``NATSError/Code/tooLarge`` or
    ///   ``NATSError/Code/invalid``; then nothing was sent.
    public func publish(
        _ payload: ByteBuffer,
        to subject: String,
        headers: NATSHeaders = NATSHeaders(),
        reply: String? = nil
    ) throws(NATSError) {
        try NATSSubject.check(subject)
        if let reply { try NATSSubject.check(reply) }
        let message = OutgoingMessage(subject: subject, headers: headers, payload: payload.readableBytesView)
        if try state.withLock({ state throws(NATSError) in try state.publish(message, reply: reply) }) {
            scheduleFlush()
        }
    }

    /// Publishes a message, and waits for the first response.
    ///
    /// - Parameters:
    ///   - payload: The content.
    ///   - subject: The subject, without wildcards.
    ///   - headers: The header fields.
    ///   - timeout: The time limit.
    /// - Returns: The response.
    /// - Throws: An error whose ``NATSError/isOutcomeUnknown`` says whether the request may have been carried out.
    public func request(
        _ payload: ByteBuffer,
        to subject: String,
        headers: NATSHeaders = NATSHeaders(),
        timeout: Duration = .seconds(5)
    ) async throws(NATSError) -> NATSMessage {
        try NATSSubject.check(subject)
        let message = OutgoingMessage(subject: subject, headers: headers, payload: payload.readableBytesView)
        let deadline = NIODeadline.now() + TimeAmount(timeout)
        return try await wait { id, complete throws(NATSError) in
            let request = ClientState.Request(deadline: deadline, complete: complete)
            if try state.withLock({ state throws(NATSError) in try state.request(id, message, request) }) {
                scheduleFlush()
            }
        } forget: { state, id in
            state.requests.removeValue(forKey: id)?.complete
        }
    }

    /// Subscribes to a subject; does not wait.
    ///
    /// Without a connection, the subscription starts with the next one.
    ///
    /// - Parameters:
    ///   - subject: The subject: a token may be `*`, and the last token may be `>`.
    ///   - queue: The name of a group whose members share the messages; `nil` to receive all.
    ///   - receive: Receives each message, on the client's event loop. The closure must not block.
    /// - Returns: The subscription, for ``unsubscribe(_:)``.
    /// - Throws: ``NATSError/Code/invalid`` or ``NATSError/Code/bufferFull``.
    public func subscribe(
        to subject: String,
        queue: String? = nil,
        receive: @escaping @Sendable (NATSMessage) -> Void
    ) throws(NATSError) -> NATSSubscription {
        try NATSSubject.checkPattern(subject)
        if let queue { try NATSSubject.check(queue) }
        let new = ClientState.Subscription(subject: subject, queue: queue, receive: receive)
        let (id, needsFlush) = try state.withLock { state throws(NATSError) in try state.subscribe(new) }
        if needsFlush { scheduleFlush() }
        return NATSSubscription(id: id)
    }

    /// Ends a subscription; does not wait.
    ///
    /// A message that is being delivered at this moment may still arrive.
    public func unsubscribe(_ subscription: NATSSubscription) {
        if state.withLock({ $0.unsubscribe(subscription.id) }) { scheduleFlush() }
    }

    /// Waits until the server has received everything that was sent before.
    ///
    /// - Throws: ``NATSError/Code/notConnected``, ``NATSError/Code/disconnected`` or ``NATSError/Code/cancelled``.
    public func flush() async throws(NATSError) {
        try await wait { id, complete throws(NATSError) in
            if try state.withLock({ state throws(NATSError) in try state.flush(id, complete) }) { scheduleFlush() }
        } forget: { state, id in
            state.flushes.removeValue(forKey: id)
        }
    }

    /// Ends all subscriptions, and waits until their last messages were delivered and everything was sent.
    ///
    /// - Throws: As ``flush()``.
    public func drain() async throws(NATSError) {
        if state.withLock({ $0.endSubscriptions() }) { scheduleFlush() }
        try await flush()
        state.withLock { $0.forgetSubscriptions() }
    }
}
