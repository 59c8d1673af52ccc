// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import NIOCore

/// What a server knows of one watcher beside what it watches, such as what it may do, and for how long.
///
/// Belongs to the connection's event loop, on which everything is called.
public protocol FanoutVisitor: AnyObject {
    /// When ``timeIsUp()`` is due; `nil` for never.
    ///
    /// Asked when the watcher comes, and after each reply.
    var deadline: NIODeadline? { get }

    /// The watcher has sent a message.
    ///
    /// - Parameters:
    ///   - message: The whole payload.
    ///   - isText: Whether it is text, valid UTF-8 then, or bytes.
    ///   - source: What is watched, which answers what the visitor does not.
    ///   - reply: Called once with what to do about it, at once or later; nothing comes of it when the watcher has left.
    func receive(
        _ message: ByteBuffer,
        isText: Bool,
        from source: any FanoutSource,
        reply: @escaping (FanoutReply) -> Void
    )

    /// The deadline has passed.
    ///
    /// - Returns: What to do about it; the next deadline is asked for.
    func timeIsUp() -> FanoutReply
}

/// One watcher's visitor and its timer, from its coming to its leaving.
final class FanoutVisit: LoopTimed {
    var timerPlace = LoopTimerPlace()
    private let visitor: any FanoutVisitor
    private let timers: LoopTimers
    private let eventLoop: any EventLoop
    private weak var member: FanoutMember?

    init(_ visitor: any FanoutVisitor, timers: LoopTimers, eventLoop: any EventLoop) {
        self.visitor = visitor
        self.timers = timers
        self.eventLoop = eventLoop
    }

    func joined(_ member: FanoutMember) {
        self.member = member
        schedule()
    }

    func receive(_ message: ByteBuffer, isText: Bool, from source: any FanoutSource) {
        visitor.receive(message, isText: isText, from: source) { [weak self] in self?.perform($0) }
    }

    func left() {
        member = nil
        timers.stop(self)
    }

    func timerFired() {
        perform(visitor.timeIsUp())
    }

    private func perform(_ reply: FanoutReply) {
        member?.perform(reply)
        schedule()
    }

    private func schedule() {
        guard member != nil, let deadline = visitor.deadline else { return timers.stop(self) }
        timers.start(self, after: max(.zero, deadline - eventLoop.now))
    }
}

extension TimeAmount {
    fileprivate static var zero: TimeAmount { .nanoseconds(0) }
}
