// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWebSocket
import NIOCore

/// A log of messages that many watchers follow, each from its own position.
///
/// All watchers of one source object at the same position get the same bytes, framed once per event loop. Any event loop may call
/// any method at any time, so no method may block.
protocol FanoutSource: AnyObject, Sendable {
    /// Subscribes an event loop, which the source wakes when there may be something new; the loop reads only after this call.
    func subscribe(_ waker: FanoutWaker) -> ProgressSubscription

    /// Ends a subscription after the loop's last watcher of the source has left; later wakes are ignored.
    func unsubscribe(_ subscription: ProgressSubscription)

    /// Reads for a new watcher.
    ///
    /// - Parameter cursor: The client's resume cursor, not validated.
    /// - Returns: The first messages, and the watcher's position after them.
    func open(cursor: String?) -> FanoutFrames

    /// Reads everything after a position at which an earlier read ended.
    ///
    /// The source limits the number of messages. If the log no longer has all of them, the source continues where it can, and its
    /// next message reports the gap.
    /// - Parameter position: The position of the watchers.
    /// - Returns: The next messages. No bytes and the same position if there are none; no bytes and a later position if the next
    ///   messages would tell the watchers nothing new.
    func read(after position: FanoutPosition) -> FanoutFrames

    /// Counts one more watcher.
    func watcherJoined()

    /// Removes one watcher from the count; called once for each ``watcherJoined()``.
    func watcherLeft()

    /// Handles a message from a watcher.
    ///
    /// - Parameters:
    ///   - message: The whole payload.
    ///   - isText: Whether the payload is valid UTF-8 text; otherwise it is binary.
    /// - Returns: How to react to the message.
    func receive(_ message: ByteBuffer, isText: Bool) -> FanoutReply
}

/// The position of watchers in a source's log: watchers at the same position get the same bytes from there on.
struct FanoutPosition: Sendable, Hashable {
    /// The place in the log, such as the newest revision read.
    var place: UInt64
    /// A hash of the last sent message, if the next message of the source depends on it; otherwise `nil`.
    var told: Int?

    init(_ place: UInt64, told: Int? = nil) {
        self.place = place
        self.told = told
    }
}

/// The reaction to a watcher's message.
enum FanoutReply {
    case ignore
    /// Send a text message to this watcher alone.
    case answer(ByteBuffer)
    /// Send this text message, which says that the watcher's message was invalid; a second violation closes with 1008.
    case violation(ByteBuffer)
    /// Close the connection.
    case close(WebSocketCloseReason)
}
