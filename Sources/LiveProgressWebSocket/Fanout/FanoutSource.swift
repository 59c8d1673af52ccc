// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import NIOCore

/// A log of messages that many connections follow, each from its own position.
///
/// All watchers of the same source object that stand at the same position get the same bytes, framed once for each event
/// loop. Every method is called on an event loop, so that none may block; any loop may call at any time.
public protocol FanoutSource: AnyObject, Sendable {
    /// An event loop wants to hear of news from now on; it will read only after this.
    ///
    /// - Parameter waker: Call its ``FanoutWaker/wake()`` whenever there may be something new to read.
    /// - Returns: What ends the attachment; it is used when the loop's last watcher of the source has left.
    func attach(_ waker: FanoutWaker) -> FanoutAttachment

    /// The first read of one newcomer.
    /// - Parameter cursor: What the client brought to go on from, unchecked.
    /// - Returns: The first messages, and where the newcomer stands after them.
    func open(cursor: String?) -> FanoutBatch

    /// Everything after a position that an earlier batch ended at.
    ///
    /// The number of messages is for the source to bound; where the log no longer has all, it begins again where it can,
    /// with a message that says so.
    /// - Parameter position: Where the watchers stand.
    /// - Returns: What follows; no messages and the same position if nothing does. No messages and a later position where
    ///   what follows is not worth telling.
    func read(after position: FanoutPosition) -> FanoutBatch

    /// A watcher has come.
    func watcherJoined()

    /// A watcher has gone; called once for each ``watcherJoined()``.
    func watcherLeft()

    /// A watcher has sent a message.
    /// - Parameters:
    ///   - message: The whole payload.
    ///   - isText: Whether it is text, valid UTF-8 then, or bytes.
    /// - Returns: What to do about it.
    func receive(_ message: ByteBuffer, isText: Bool) -> FanoutReply
}

/// Where watchers of a source stand: those who stand at the same position get the same bytes from there on.
public struct FanoutPosition: Sendable, Hashable {
    /// The place in the log, such as the newest message read.
    public var place: UInt64
    /// A mark of what they were told last, for a source whose next message depends on that; else `nil`.
    public var told: Int?

    /// A position at a place in a log.
    public init(_ place: UInt64, told: Int? = nil) {
        self.place = place
        self.told = told
    }
}

/// What a read of a source gives.
public struct FanoutBatch: Sendable, Hashable {
    /// Payloads of text messages, in order.
    public var messages: [ArraySlice<UInt8>]
    /// Where one stands after the messages.
    public var position: FanoutPosition
    /// Why the connection closes after the messages; `nil` while more may come.
    public var close: WebSocketCloseReason?
    /// Whether the messages are compressed, each alone; only for watchers who agreed to that.
    package var isDeflated = false

    /// A batch of the given parts.
    public init(messages: [ArraySlice<UInt8>], position: FanoutPosition, close: WebSocketCloseReason? = nil) {
        self.messages = messages
        self.position = position
        self.close = close
    }
}

/// What a source says to a watcher's message.
public enum FanoutReply: Sendable, Hashable {
    /// Nothing.
    case ignore
    /// A text message to this watcher alone.
    case answer(ByteBuffer)
    /// The message made no sense, and this text message says so; the second one closes the connection with 1008.
    case violation(ByteBuffer)
    /// The connection closes.
    case close(WebSocketCloseReason)
}

/// What ends an attachment to a source.
public struct FanoutAttachment: Sendable {
    private let onDetach: @Sendable () -> Void

    /// An attachment that ends by a closure.
    /// - Parameter onDetach: Called once, on the event loop; after it no wake is expected, and one that comes is ignored.
    public init(onDetach: @escaping @Sendable () -> Void) {
        self.onDetach = onDetach
    }

    func detach() {
        onDetach()
    }
}
