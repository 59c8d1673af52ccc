// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import NIOCore

/// The messages of one connection, in the order of arrival.
///
/// The sequence has one reader. While the reader is behind, the connection buffers few messages, and then reads no more from the
/// server.
package struct WebSocketMessages: AsyncSequence, Sendable {
    /// A message.
    package typealias Element = WebSocketMessage

    let base: ClientMessageProducer

    /// The iterator of the only reader.
    package struct AsyncIterator: AsyncIteratorProtocol {
        var base: ClientMessageProducer.AsyncIterator

        /// Returns the next message when it arrives.
        /// - Returns: The message, or `nil` when the connection has ended or the task is cancelled.
        package mutating func next() async -> WebSocketMessage? {
            await base.next()
        }
    }

    /// Makes the only iterator; NIO traps if a second one is made.
    /// - Returns: The iterator.
    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(base: base.makeAsyncIterator())
    }
}
