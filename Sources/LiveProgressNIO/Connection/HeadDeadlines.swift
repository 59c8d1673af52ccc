// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

/// A connection that must send its first bytes before a deadline; only `HeadDeadlines` uses these members.
protocol HeadDeadlined: AnyObject {
    /// The connection's place in the list of waiting connections.
    var waiting: HeadDeadlines.Place { get set }
    /// The deadline has passed.
    func headIsLate()
}

/// The connections of one event loop that have sent nothing yet, in the order of their deadlines.
///
/// All connections have the same timeout, so the newest connection has the last deadline. Adding and removing a connection take
/// constant time. One scheduled task per connection would be slower, because the event loop searches all tasks to cancel one.
/// Belongs to its event loop.
final class HeadDeadlines {
    /// A connection's neighbours in the list, and its deadline; empty after the connection has left the list.
    struct Place {
        fileprivate var deadline: NIODeadline?
        fileprivate var previous: (any HeadDeadlined)?
        fileprivate var next: (any HeadDeadlined)?
    }

    private let eventLoop: any EventLoop
    private var first: (any HeadDeadlined)?
    private var last: (any HeadDeadlined)?
    /// The time of the next scheduled check; `nil` if no check is scheduled.
    private var nextLook: NIODeadline?

    init(eventLoop: any EventLoop) {
        eventLoop.preconditionInEventLoop()
        self.eventLoop = eventLoop
    }

    /// Adds a connection with its deadline.
    func enter(_ connection: any HeadDeadlined, deadline: NIODeadline) {
        remove(connection)
        var previous = last
        // Connections come out of order only if servers with different limits share one event loop.
        while let candidate = previous, let other = candidate.waiting.deadline, other > deadline {
            previous = candidate.waiting.previous
        }
        let next = previous == nil ? first : previous?.waiting.next
        connection.waiting = Place(deadline: deadline, previous: previous, next: next)
        if let previous { previous.waiting.next = connection } else { first = connection }
        if let next { next.waiting.previous = connection } else { last = connection }
        schedule()
    }

    /// Removes a connection.
    func remove(_ connection: any HeadDeadlined) {
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
            remove(first)
            first.headIsLate()
        }
        schedule()
    }
}
