// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

/// A message to send.
struct OutgoingMessage: Sendable {
    let subject: String
    let headers: NATSHeaders
    let payload: ByteBufferView

    /// The most bytes that the message needs besides its subject for a response.
    var size: Int {
        subject.utf8.count + headers.encodedCount + payload.count + 64
    }
}

extension ClientState {
    /// Appends a message.
    ///
    /// - Returns: Whether the caller has to schedule a flush.
    mutating func publish(_ message: OutgoingMessage, reply: String?) throws(NATSError) -> Bool {
        let limit = try current().info.maximumPayload
        guard message.payload.count + message.headers.encodedCount <= limit else {
            throw NATSError(
                .tooLarge,
                "A message of \(message.payload.count) bytes exceeds the server's limit of \(limit) (max_payload)."
            )
        }
        let operation = ClientOperation.publish(
            subject: message.subject,
            reply: reply,
            headers: message.headers,
            payload: message.payload
        )
        return try outbox.append(operation, size: message.size + (reply?.utf8.count ?? 0))
    }

    /// Appends a request with a number from ``nextID()``.
    ///
    /// - Returns: Whether the caller has to schedule a flush.
    mutating func request(_ id: UInt64, _ message: OutgoingMessage, _ request: Request) throws(NATSError) -> Bool {
        let needsFlush = try publish(message, reply: "\(inbox).\(String(id, radix: 36))")
        requests[id] = request
        return needsFlush
    }

    /// Takes a message of the server; returns the call that passes the message on, if anybody still wants it.
    mutating func receive(_ message: NATSMessage, for id: UInt64) -> Call? {
        if id == Self.inboxID {
            guard let token = message.subject.split(separator: ".").last, let number = UInt64(token, radix: 36),
                let request = requests.removeValue(forKey: number)
            else { return nil }
            return { request.complete(Self.result(of: message)) }
        }
        guard let receive = subscriptions[id]?.receive else { return nil }
        return { receive(message) }
    }

    private static func result(of message: NATSMessage) -> Result<NATSMessage, NATSError> {
        guard message.headers.status == 503, message.payload.readableBytes == 0 else { return .success(message) }
        return .failure(NATSError(.noResponders, "The subject of the request has no subscriber."))
    }

    /// Adds a subscription.
    ///
    /// - Returns: The subscription's number, and whether the caller has to schedule a flush.
    mutating func subscribe(_ subscription: Subscription) throws(NATSError) -> (id: UInt64, needsFlush: Bool) {
        let id = nextID()
        var needsFlush = false
        // Without a connection, the subscription starts with the next one.
        if link != nil {
            let operation = ClientOperation.subscribe(subject: subscription.subject, queue: subscription.queue, id: id)
            needsFlush = try outbox.append(operation, size: subscription.subject.utf8.count + 64)
        }
        subscriptions[id] = subscription
        return (id, needsFlush)
    }

    /// Removes a subscription; returns whether the caller has to schedule a flush.
    mutating func unsubscribe(_ id: UInt64) -> Bool {
        guard subscriptions.removeValue(forKey: id) != nil, link != nil else { return false }
        return outbox.appendAlways(.unsubscribe(id: id))
    }
}

extension ClientState {
    /// Asks the server to end all subscriptions; their messages are still delivered until ``forgetSubscriptions()``.
    ///
    /// - Returns: Whether the caller has to schedule a flush.
    mutating func endSubscriptions() -> Bool {
        guard link != nil else { return false }
        return subscriptions.keys.reduce(false) { needsFlush, id in
            outbox.appendAlways(.unsubscribe(id: id)) || needsFlush
        }
    }

    mutating func forgetSubscriptions() {
        subscriptions = [:]
    }
}
