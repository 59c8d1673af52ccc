// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A body that comes as time goes by: chunks of bytes, each of one or several whole events or lines.
///
/// Nothing is produced ahead of its reader: each call of `next()` reads the journal where the last one left off, so a
/// slow reader costs a cursor and no queue. The stream ends after the operation's end, on ``ProgressAPI/drain()``, or
/// when the task that reads it is cancelled; what it held is given back then, or when the iterator is released.
public struct ProgressBodyStream: AsyncSequence, Sendable {
    /// Bytes that can be written to the connection as they are.
    public typealias Element = [UInt8]
    /// Streams never fail; they end.
    public typealias Failure = Never

    private let makePump: @Sendable () -> StreamPump

    init(_ makePump: @escaping @Sendable () -> StreamPump) {
        self.makePump = makePump
    }

    /// Begins to watch.
    public func makeAsyncIterator() -> Iterator {
        Iterator(pump: makePump())
    }

    /// One reader of the stream.
    public struct Iterator: AsyncIteratorProtocol {
        let pump: StreamPump

        /// The next chunk, or `nil` after the end.
        public mutating func next() async -> [UInt8]? {
            await pump.next(isolation: nil)
        }

        /// The next chunk, or `nil` after the end, waiting in the isolation of the caller.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> [UInt8]? {
            await pump.next(isolation: actor)
        }
    }
}
