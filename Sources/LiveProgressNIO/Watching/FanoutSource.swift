// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWebSocket
import NIOCore

/// A log of messages that many watchers follow, each from its own position.
///
/// All watchers of the same source object that stand at the same position get the same bytes, framed once for each event
/// loop. Every method is called on an event loop, so none may block; any loop may call at any time.
protocol FanoutSource: AnyObject, Sendable {
    /// Wakes an event loop when there may be something new to read; the loop reads only after this call.
    func subscribe(_ waker: FanoutWaker) -> ProgressSubscription

    /// Ends a subscription, when the loop's last watcher of the source has left; a wake that comes later is ignored.
    func unsubscribe(_ subscription: ProgressSubscription)

    /// The first read of a new watcher.
    ///
    /// - Parameter cursor: What the client sent to resume from, unchecked.
    /// - Returns: The first messages, and the watcher's position after them.
    func open(cursor: String?) -> FanoutFrames

    /// Everything after a position that an earlier read ended at.
    ///
    /// The source limits the number of messages. Where the log no longer has all, the source begins again where it can,
    /// with a message that says so.
    /// - Parameter position: Where the watchers stand.
    /// - Returns: What follows; no bytes and the same position if nothing does. No bytes and a later position where what
    ///   follows is not worth telling.
    func read(after position: FanoutPosition) -> FanoutFrames

    /// Counts one more watcher.
    func watcherJoined()

    /// Counts one watcher less; called once for each ``watcherJoined()``.
    func watcherLeft()

    /// Answers a watcher's message.
    ///
    /// - Parameters:
    ///   - message: The whole payload.
    ///   - isText: Whether it is text, which is valid UTF-8 then, or bytes.
    /// - Returns: What is to be done about it.
    func receive(_ message: ByteBuffer, isText: Bool) -> FanoutReply
}

/// Where watchers of a source stand: those at the same position get the same bytes from there on.
struct FanoutPosition: Sendable, Hashable {
    /// The place in the log, such as the newest revision read.
    var place: UInt64
    /// A mark of the message sent last, for a source whose next message depends on that; otherwise `nil`.
    var told: Int?

    init(_ place: UInt64, told: Int? = nil) {
        self.place = place
        self.told = told
    }
}

/// What is done about a watcher's message.
enum FanoutReply {
    case ignore
    /// A text message to this watcher alone.
    case answer(ByteBuffer)
    /// The message was invalid, and this text message says so; the second one closes the connection with 1008.
    case violation(ByteBuffer)
    /// The connection closes.
    case close(WebSocketCloseReason)
}
