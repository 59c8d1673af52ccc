// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
@_spi(Server) import LiveProgressWire
import Synchronization

/// The changes of this node's operations, for the feeds of other nodes.
///
/// Another node requests the changes after a position. The response comes when there are changes. So a slow node delays no
/// other node, and a node whose feed has no watchers costs nothing.
final class FeedSessions: Sendable {
    private struct Session {
        let registration: FeedRegistration
        var lastUse: Duration
    }

    /// The size at which an answer ends, so that it fits into a message of the backplane with one more operation.
    private static let answerSize = 128 << 10
    /// The largest operation in an answer; a larger one is shown without its details.
    private static let mostBytes = 512 << 10
    /// The longest wait for a change.
    static let longestWait = Duration.seconds(5)
    /// The time after which a node that does not ask any more is forgotten.
    private static let idleLimit = Duration.seconds(20)

    private let service: ProgressService
    private let sessions = Mutex<[String: Session]>([:])

    init(_ service: ProgressService) { self.service = service }

    /// The number of sessions.
    var count: Int { sessions.withLock(\.count) }

    /// Returns the changes after a position, and waits for them if there are none.
    func read(_ session: String, after position: UInt64) async -> FeedAnswer {
        let registration = registration(of: session)
        let clock = service.configuration.clock
        let deadline = clock.now() + Self.longestWait
        while true {
            let answer = read(after: position)
            if !answer.isEmpty || clock.now() >= deadline { return answer }
            guard await registration.signal.wait(until: deadline, on: clock), !Task.isCancelled else { return answer }
        }
    }

    /// Ends the sessions that are not used any more.
    func sweep() {
        let now = service.configuration.clock.now()
        sessions.withLock { sessions in sessions = sessions.filter { now - $0.value.lastUse < Self.idleLimit } }
    }

    private func registration(of session: String) -> FeedRegistration {
        let now = service.configuration.clock.now()
        let known = sessions.withLock { sessions -> FeedRegistration? in
            sessions[session]?.lastUse = now
            return sessions[session]?.registration
        }
        if let known { return known }
        let made = FeedRegistration(service)
        sessions.withLock { $0[session] = Session(registration: made, lastUse: now) }
        return made
    }

    /// The feed of this node also has the operations of others, while somebody watches it.
    private func isOwn(_ event: ProgressFeedEvent) -> Bool {
        switch event {
        case .changed(let snapshot): service.ownJournal(snapshot.id) != nil
        case .removed: true
        }
    }

    private static func line(of event: ProgressFeedEvent) -> [UInt8] {
        let line = ProgressMessage.encodeFeed(event)
        guard line.count > mostBytes, case .changed(let snapshot) = event else { return line }
        return ProgressMessage.encodeFeed(.changed(snapshot.withoutDetails))
    }

    private func read(after position: UInt64) -> FeedAnswer {
        var answer = FeedAnswer(position: position)
        while answer.lines.count < Self.answerSize {
            let reading = service.changes.read(after: answer.position, limit: 1)
            if reading.mustRestart { return FeedAnswer(position: 0, mustRestart: true) }
            answer.position = reading.position
            for event in reading.events where isOwn(event) {
                answer.lines += Self.line(of: event) + [UInt8(ascii: "\n")]
            }
            answer.isComplete = !reading.hasMore
            if answer.isComplete { break }
        }
        return answer
    }
}

/// An answer to the feed of another node.
struct FeedAnswer: Sendable {
    /// The position for the next request.
    var position: UInt64
    /// Whether the asking node must begin again, because it has missed removals.
    var mustRestart = false
    /// Whether there were no further changes.
    var isComplete = true
    /// The changes: one message of the feed on each line.
    var lines: [UInt8] = []

    var isEmpty: Bool { lines.isEmpty && !mustRestart }

    var events: [ProgressFeedEvent] {
        lines.split(separator: UInt8(ascii: "\n")).compactMap { try? ProgressMessage.decodeFeed($0) }
    }
}
