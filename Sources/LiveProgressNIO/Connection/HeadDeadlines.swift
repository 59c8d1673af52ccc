// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

/// A connection that has to send its first bytes in time; the members are the deadlines' own.
protocol HeadDeadlined: AnyObject {
    /// Where the connection stands among those that wait.
    var waiting: HeadDeadlines.Place { get set }
    /// The time is over.
    func headIsLate()
}

/// The connections of one event loop that have sent nothing yet, in the order of their deadlines.
///
/// All of them have the same time, so that who comes last is due last: entering and leaving cost the same with one
/// connection as with a hundred thousand, unlike a task of the event loop for each, whose cancelling searches them all.
/// Belongs to its event loop.
final class HeadDeadlines {
    /// A connection's neighbours, which it lets go when it leaves, and its deadline.
    struct Place {
        fileprivate var deadline: NIODeadline?
        fileprivate var previous: (any HeadDeadlined)?
        fileprivate var next: (any HeadDeadlined)?
    }

    private let eventLoop: any EventLoop
    private var first: (any HeadDeadlined)?
    private var last: (any HeadDeadlined)?
    /// When the event loop looks here next, for as long as that is known.
    private var nextLook: NIODeadline?

    init(eventLoop: any EventLoop) {
        eventLoop.preconditionInEventLoop()
        self.eventLoop = eventLoop
    }

    /// Begins to wait for a connection.
    func enter(_ connection: any HeadDeadlined, deadline: NIODeadline) {
        leave(connection)
        var previous = last
        // Only servers with different limits on one event loop come out of order.
        while let candidate = previous, let other = candidate.waiting.deadline, other > deadline {
            previous = candidate.waiting.previous
        }
        let next = previous == nil ? first : previous?.waiting.next
        connection.waiting = Place(deadline: deadline, previous: previous, next: next)
        if let previous { previous.waiting.next = connection } else { first = connection }
        if let next { next.waiting.previous = connection } else { last = connection }
        schedule()
    }

    /// Waits for the connection no more.
    func leave(_ connection: any HeadDeadlined) {
        let place = connection.waiting
        guard place.deadline != nil else { return }
        connection.waiting = Place()
        if let previous = place.previous { previous.waiting.next = place.next } else { first = place.next }
        if let next = place.next { next.waiting.previous = place.previous } else { last = place.previous }
    }

    private func schedule() {
        guard let deadline = first?.waiting.deadline, nextLook.map({ deadline < $0 }) ?? true else { return }
        nextLook = deadline
        _ = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.fire() }
    }

    private func fire() {
        nextLook = nil
        let now = eventLoop.now
        while let first, let deadline = first.waiting.deadline, deadline <= now {
            leave(first)
            first.headIsLate()
        }
        schedule()
    }
}
