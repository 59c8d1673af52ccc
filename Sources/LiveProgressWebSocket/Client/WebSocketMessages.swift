// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import NIOCore

/// The messages of one connection, as they come.
///
/// For one reader. While it is behind, little is read ahead and the server is held back.
public struct WebSocketMessages: AsyncSequence, Sendable {
    /// A message.
    public typealias Element = WebSocketMessage

    let base: ClientMessageProducer

    /// The reader.
    public struct AsyncIterator: AsyncIteratorProtocol {
        var base: ClientMessageProducer.AsyncIterator

        /// Waits for the next message.
        /// - Returns: The message, or `nil` when the connection has ended or the task is cancelled.
        public mutating func next() async -> WebSocketMessage? {
            await base.next()
        }
    }

    /// The one reader; NIO stops the process that makes a second.
    /// - Returns: The iterator.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(base: base.makeAsyncIterator())
    }
}
