// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

/// The bytes that wait to be sent, and their limit.
struct Outbox {
    private let limit: Int
    private var buffer = ByteBuffer()
    /// The bytes that the connection has taken and the system has not.
    private var inFlight = 0
    private var isScheduled = false

    init(limit: Int) {
        self.limit = limit
    }

    /// The bytes that wait.
    var count: Int { buffer.readableBytes + inFlight }

    /// Appends an operation of a caller.
    ///
    /// - Parameters:
    ///   - operation: The operation.
    ///   - size: The most bytes that the operation needs.
    /// - Returns: Whether the caller has to schedule a flush.
    /// - Throws: ``NATSError/Code/bufferFull``; then nothing was appended.
    mutating func append(_ operation: ClientOperation, size: Int) throws(NATSError) -> Bool {
        guard count + size <= limit else {
            throw NATSError(
                .bufferFull,
                "\(count) bytes wait to be sent to the NATS server, and the limit is \(limit). Try again later."
            )
        }
        return appendAlways(operation)
    }

    /// Appends an operation of the client itself, which has no limit.
    @discardableResult
    mutating func appendAlways(_ operation: ClientOperation) -> Bool {
        buffer.write(operation)
        defer { isScheduled = true }
        return !isScheduled
    }

    /// Takes everything that waits; the caller calls ``noteSent(_:)`` when the system has it.
    mutating func take() -> ByteBuffer? {
        isScheduled = false
        guard buffer.readableBytes > 0 else { return nil }
        defer { buffer = ByteBuffer() }
        inFlight += buffer.readableBytes
        return buffer
    }

    mutating func noteSent(_ count: Int) {
        inFlight -= count
    }
}
