// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A response body that is a stream of chunks, each with one or more whole events or lines.
///
/// The stream produces nothing ahead of its reader. Each call of `next()` reads the journal from the position of the
/// previous call, so a slow reader needs a cursor but no queue. The stream ends after the operation's end, on
/// ``ProgressAPI/drain()``, when the credentials expire, or when the reading task is cancelled. At its end, or when the
/// iterator is released, the stream frees its resources.
public struct ProgressBodyStream: AsyncSequence, Sendable {
    /// The bytes to write to the connection unchanged.
    public typealias Element = [UInt8]
    /// A stream never fails.
    public typealias Failure = Never

    private let makePump: @Sendable () -> StreamPump

    init(_ makePump: @escaping @Sendable () -> StreamPump) {
        self.makePump = makePump
    }

    /// Returns an iterator; the first call of its `next()` starts the watch.
    public func makeAsyncIterator() -> Iterator {
        Iterator(pump: makePump())
    }

    /// One reader of the stream.
    public struct Iterator: AsyncIteratorProtocol {
        let pump: StreamPump

        /// Returns the next chunk, or `nil` after the end.
        public mutating func next() async -> [UInt8]? {
            await pump.next(isolation: nil)
        }

        /// Returns the next chunk, or `nil` after the end; waits in the isolation of the caller.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> [UInt8]? {
            await pump.next(isolation: actor)
        }
    }
}
