// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import NIOCore

/// Decides when a client that takes nothing of what it is sent has had its time: events in, actions out, no I/O.
///
/// ```swift
/// var watch = UnreadWatch(limit: .seconds(30))
/// if case .look(let time) = watch.sent(pending: 1000, taken: 0, now: now) { … }
/// ```
/// It asks to be shown what has been taken now and then while something is pending, and for nothing otherwise. What has been
/// taken since the last look may have been taken just before this one, so that a client has up to a sixth more than the limit.
public struct UnreadWatch: Sendable {
    /// What to do.
    public enum Action: Sendable, Equatable {
        /// Nothing.
        case none
        /// Call ``UnreadWatch/looked(pending:taken:now:)`` at that time.
        case look(at: NIODeadline)
        /// Let the client go.
        case giveUp
    }

    private let limit: TimeAmount
    private let interval: TimeAmount
    /// How much had been taken when the time of the client began.
    private var taken = 0
    /// When its time began; `nil` where nobody looks because nothing is pending.
    private var since: NIODeadline?

    /// A watch over a client that has been sent nothing.
    ///
    /// - Parameter limit: How long it may take nothing while something is pending.
    public init(limit: TimeAmount) {
        self.limit = limit
        interval = .nanoseconds(max(limit.nanoseconds / 6, 1))
    }

    /// Something was sent.
    ///
    /// - Parameters:
    ///   - pending: How much has still to be taken.
    ///   - taken: How much has been taken since the beginning, in the same unit, whichever it is.
    ///   - now: The time.
    /// - Returns: What to do.
    public mutating func sent(pending: Int, taken: Int, now: NIODeadline) -> Action {
        guard pending > 0, since == nil else { return .none }
        self.taken = taken
        since = now
        return .look(at: now + interval)
    }

    /// The time to look has come.
    ///
    /// - Parameters:
    ///   - pending: How much has still to be taken.
    ///   - taken: How much has been taken since the beginning.
    ///   - now: The time.
    /// - Returns: What to do.
    public mutating func looked(pending: Int, taken: Int, now: NIODeadline) -> Action {
        guard pending > 0, var since else {
            self.since = nil
            return .none
        }
        if taken != self.taken {
            self.taken = taken
            since = now
            self.since = now
        }
        guard now - since < limit else { return .giveUp }
        return .look(at: min(now + interval, since + limit))
    }
}
