// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressWebSocket
import LiveProgressWire
import NIOCore

/// A watcher: one connection and its position in a source's log.
///
/// Belongs to the connection's event loop.
final class Watcher {
    /// The maximum number of unread answers before the watcher is closed.
    private static let maximumUnreadAnswers: Int32 = 16

    /// The cohort of the watcher; `nil` if the watcher was left behind because it does not read.
    var cohort: FanoutCohort?
    /// The position of a watcher that was left behind; otherwise the cohort has the position.
    var position = FanoutPosition(0)
    var cohortIndex = 0
    /// When the channel stopped taking bytes, and the watcher's index among the slow watchers of its loop.
    var slowSince: NIODeadline?
    var slowIndex = 0

    private let loop: FanoutLoop
    private let source: any FanoutSource
    private let cursor: String?
    private let session: WatcherSession?
    /// An object that is released together with the watcher.
    private let heldObject: (any AnyObject & Sendable)?
    private var topic: FanoutTopic?
    private var handler: WebSocketHandler?
    private var output: WatcherOutput
    private var unreadAnswers: Int32 = 0
    private var violations: Int32 = 0

    /// Creates a watcher that joins its source when its connection opens.
    /// - Parameters:
    ///   - loop: The fan-out of the connection's event loop.
    ///   - source: The source to watch.
    ///   - cursor: The client's resume cursor.
    ///   - session: The permissions of the watcher and their expiry; without a session the source handles all messages.
    ///   - object: An object to hold while the watcher exists, such as a slot of a limit.
    init(
        of loop: FanoutLoop,
        source: any FanoutSource,
        cursor: String?,
        session: WatcherSession? = nil,
        holding object: (any AnyObject & Sendable)? = nil
    ) {
        self.loop = loop
        self.source = source
        self.cursor = cursor
        self.session = session
        heldObject = object
        output = WatcherOutput(path: loop.configuration.writePath)
    }

    var isWritable: Bool { handler?.isWritable == true }

    func close(_ reason: WebSocketCloseReason) {
        handler?.close(reason)
    }

    /// Performs the reaction of the source or the session to a message.
    func perform(_ reply: FanoutReply) {
        switch reply {
        case .ignore: break
        case .close(let reason): close(reason)
        case .answer(let text): answer(text)
        case .violation(let text):
            violations += 1
            answer(text)
            if violations > 1 { close(WebSocketCloseReason(.policyViolation, "Too many messages that make no sense.")) }
        }
    }

    private func answer(_ text: ByteBuffer) {
        if !isWritable { unreadAnswers += 1 }
        guard unreadAnswers <= Self.maximumUnreadAnswers else {
            return close(
                WebSocketCloseReason(.policyViolation, "The client does not read the answers to its messages.")
            )
        }
        handler?.write(frames: FrameEncoder(role: .server).encode(.text, text))
    }
}

// MARK: Frames that the watcher shares with others

extension Watcher {
    /// The connection's socket, while frames may be written to it directly; see ``DirectSocket``.
    ///
    /// The cohort holds a copy of this value until the next `updateSocket(of:)`, or until the watcher leaves the cohort.
    var freeSocket: DirectSocket? { handler?.isOpen == true ? output.freeSocket : nil }

    /// Writes frames to the socket if possible, and through the channel otherwise.
    ///
    /// If the socket does not take all bytes, ``isWritable`` is `false` until the channel has written the rest.
    func send(_ frames: FanoutFrames) {
        guard let bytes = frames.bytes, let handler, handler.isOpen, let channel = handler.channel else { return }
        finish(output.send(bytes, on: channel), handler, channel)
        if let close = frames.close { handler.close(close, isWritten: true) }
    }

    /// Handles a write to ``freeSocket`` that took only `count` bytes of the frames; `nil` for a broken connection.
    func sentShort(_ count: Int?, of frames: ByteBuffer) {
        guard let handler, handler.isOpen, let channel = handler.channel else { return }
        finish(output.sent(count, of: frames), handler, channel)
    }

    private func finish(_ rest: WatcherOutput.Rest, _ handler: WebSocketHandler, _ channel: any Channel) {
        // The cohort is updated before any write, because a channel may call back while it writes.
        cohort?.updateSocket(of: self)
        switch rest {
        case .none: break
        case .channel(let bytes): handler.write(frames: bytes)
        case .probe(let bytes):
            let socket = DirectWriteProbe.socket(of: channel, writing: bytes) { handler.write(frames: bytes) }
            output.probed(socket)
        case .waiting(let bytes): handler.writeBlocking(frames: bytes)
        case .broken: handler.abort()
        }
    }
}

extension Watcher: WebSocketHandlerDelegate {
    func opened(_ handler: WebSocketHandler) {
        self.handler = handler
        let topic = loop.enter(source)
        self.topic = topic
        topic.join(self, cursor: cursor)
        session?.start(self)
        writabilityChanged(handler)
    }

    func received(_ message: WebSocketMessage, on handler: WebSocketHandler) {
        guard let session else { return perform(source.receive(message.payload, isText: message.isText)) }
        session.receive(message.payload, isText: message.isText, from: source)
    }

    func writabilityChanged(_ handler: WebSocketHandler) {
        guard let topic else { return }
        if handler.isWritable {
            unreadAnswers = 0
            loop.becameFast(self)
            topic.resume(self)
        } else {
            loop.becameSlow(self)
        }
    }

    func willWrite(_ handler: WebSocketHandler) {
        output.writesThroughChannel()
        cohort?.updateSocket(of: self)
    }

    func stopSending(_ handler: WebSocketHandler) {
        session?.stop()
        guard let topic else { return }
        self.topic = nil
        loop.becameFast(self)
        topic.remove(self)
        loop.left(topic)
    }

    func closed(_ reason: WebSocketCloseReason, _ handler: WebSocketHandler) {
        if let limit = handler.exceededLimit { loop.onLimit(limit) }
        self.handler = nil
    }
}
