// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

/// The messages that an ordered consumer of a stream delivers: a pure state machine.
///
/// The consumer numbers its deliveries, so a missing one is noticed, and says how many are still to come (ADR-15 and ADR-17
/// of the NATS architecture).
struct StreamReading {
    /// What the reader has to do after a message.
    enum Action: Equatable {
        case wait
        /// Respond to the server, which waits until then before it sends more.
        case respond(to: String)
        case complete
        /// A message was lost.
        case fail
    }

    private(set) var messages: [StoredMessage] = []
    private var deliveries: UInt64 = 0

    mutating func take(_ message: NATSMessage) -> Action {
        if message.headers.status == 100 { return message.reply.map { .respond(to: $0) } ?? .wait }
        guard message.headers.status == nil, let place = message.reply.flatMap({ Place($0) }),
            place.delivery == deliveries + 1
        else { return .fail }
        deliveries += 1
        messages.append(
            StoredMessage(
                subject: message.subject,
                sequence: place.sequence,
                headers: message.headers,
                payload: message.payload
            )
        )
        return place.pending == 0 ? .complete : .wait
    }

    /// The numbers in the reply subject of a delivery.
    private struct Place {
        let sequence: UInt64
        let delivery: UInt64
        let pending: UInt64

        /// Reads `$JS.ACK.STREAM.CONSUMER.TRIES.SEQUENCE.DELIVERY.TIME.PENDING`, or the same with a domain and an account
        /// before the stream, and more after the pending count.
        init?(_ reply: String) {
            let tokens = reply.split(separator: ".")
            let first = tokens.count == 9 ? 5 : 7
            guard tokens.count >= 9, tokens.count > first + 3, reply.hasPrefix("$JS.ACK."),
                let sequence = UInt64(tokens[first]),
                let delivery = UInt64(tokens[first + 1]), let pending = UInt64(tokens[first + 3])
            else { return nil }
            self.sequence = sequence
            self.delivery = delivery
            self.pending = pending
        }
    }
}
