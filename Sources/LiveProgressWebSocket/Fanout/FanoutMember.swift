// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import NIOCore

/// One watcher: a connection and its place in a source's log.
final class FanoutMember: WebSocketHandlerDelegate {
    /// How many answers to messages a watcher may leave unread before it is sent away.
    private static let maximumUnreadAnswers: Int32 = 16

    /// The cohort that the watcher stands in; `nil` for one left behind because it does not read.
    var cohort: FanoutCohort?
    /// Where one stands who was left behind; in a cohort it stands where the cohort does.
    var position = FanoutPosition(0)
    var cohortIndex = 0
    /// Since when the channel has taken no bytes, and where the fan-out keeps that.
    var slowSince: NIODeadline?
    var slowIndex = 0

    private let fanout: Fanout
    private let source: any FanoutSource
    private let cursor: String?
    private let visit: FanoutVisit?
    /// Released with the watcher.
    private let heldObject: (any AnyObject & Sendable)?
    private var topic: FanoutTopic?
    private var handler: WebSocketHandler?
    private var unreadAnswers: Int32 = 0
    private var violations: Int32 = 0

    init(
        fanout: Fanout,
        source: any FanoutSource,
        cursor: String?,
        visit: FanoutVisit?,
        holding object: (any AnyObject & Sendable)?
    ) {
        self.visit = visit
        self.fanout = fanout
        self.source = source
        self.cursor = cursor
        heldObject = object
    }

    var isWritable: Bool { handler?.isWritable == true }

    func send(_ frames: FanoutFrames) {
        guard let handler, let bytes = frames.bytes else { return }
        handler.send(shared: bytes)
        if let close = frames.close { handler.close(close, isWritten: true) }
    }

    /// Frames were written to the ``freeSocket``, which took `count` of their bytes, or is broken.
    func sentShort(_ count: Int?, of frames: ByteBuffer) {
        handler?.sentShort(count, of: frames)
    }

    /// The connection's socket, while it may be written without the handler.
    var freeSocket: DirectSocket? { handler?.freeSocket }

    func close(_ reason: WebSocketCloseReason) {
        handler?.close(reason)
    }

    func opened(_ handler: WebSocketHandler) {
        self.handler = handler
        let topic = fanout.enter(self, source: source)
        self.topic = topic
        topic.join(self, cursor: cursor)
        visit?.joined(self)
        writabilityChanged(handler)
    }

    func received(_ message: WebSocketMessage, on handler: WebSocketHandler) {
        guard let visit else { return perform(source.receive(message.payload, isText: message.isText)) }
        visit.receive(message.payload, isText: message.isText, from: source)
    }

    /// Does what the source or the visitor says.
    func perform(_ reply: FanoutReply) {
        guard let handler else { return }
        switch reply {
        case .ignore: break
        case .close(let reason): handler.close(reason)
        case .answer(let text): answer(text, on: handler)
        case .violation(let text):
            violations += 1
            answer(text, on: handler)
            if violations > 1 {
                handler.close(WebSocketCloseReason(code: 1008, reason: "Too many messages that make no sense."))
            }
        }
    }

    func writabilityChanged(_ handler: WebSocketHandler) {
        guard let topic else { return }
        if handler.isWritable {
            unreadAnswers = 0
            fanout.becameFast(self)
            topic.resume(self)
        } else {
            fanout.becameSlow(self)
        }
    }

    func freeSocketChanged(_ handler: WebSocketHandler) {
        cohort?.updateSocket(of: self)
    }

    func stopSending(_ handler: WebSocketHandler) {
        visit?.left()
        guard let topic else { return }
        self.topic = nil
        fanout.becameFast(self)
        topic.leave(self)
        fanout.left(self, topic)
    }

    func closed(_ reason: WebSocketCloseReason, _ handler: WebSocketHandler) {
        if let limit = handler.exceededLimit { fanout.onLimit(limit) }
        self.handler = nil
    }

    private func answer(_ text: ByteBuffer, on handler: WebSocketHandler) {
        if !handler.isWritable { unreadAnswers += 1 }
        guard unreadAnswers <= Self.maximumUnreadAnswers else {
            handler.close(WebSocketCloseReason(code: 1008, reason: "Too many messages whose answers are not read."))
            return
        }
        handler.write(frames: FrameEncoder(role: .server).encode(.text, text))
    }
}
