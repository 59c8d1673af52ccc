// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import NIOCore

/// Decides when a client has read nothing for too long: events in, actions out, no I/O.
///
/// ```swift
/// var watch = UnreadWatch(limit: .seconds(30))
/// if case .look(let time) = watch.sent(pending: 1000, taken: 0, now: now) { … }
/// ```
/// While something is pending, the watch requests a look at regular intervals. If nothing is pending, it requests none. The
/// client may have read right before a look, so the client has up to a sixth more time than the limit.
@_spi(Server) public struct UnreadWatch: Sendable {
    /// What the caller must do.
    @_spi(Server) public enum Action: Sendable, Equatable {
        /// Nothing.
        case none
        /// Call ``UnreadWatch/looked(pending:taken:now:)`` at this time.
        case look(at: NIODeadline)
        /// Close the connection of the client.
        case giveUp
    }

    private let limit: TimeAmount
    private let interval: TimeAmount
    /// The amount that the client had taken when its time began.
    private var taken = 0
    /// When the client's time began; `nil` if nothing is pending.
    private var since: NIODeadline?

    /// Creates a watch over a client that has been sent nothing.
    ///
    /// - Parameter limit: How long the client may take nothing while something is pending.
    @_spi(Server) public init(limit: TimeAmount) {
        self.limit = limit
        interval = .nanoseconds(max(limit.nanoseconds / 6, 1))
    }

    /// Records that something was sent.
    ///
    /// - Parameters:
    ///   - pending: The amount that the client has not taken yet.
    ///   - taken: The amount that the client has taken since the beginning, in the same unit; any unit works.
    ///   - now: The current time.
    /// - Returns: What the caller must do.
    @_spi(Server) public mutating func sent(pending: Int, taken: Int, now: NIODeadline) -> Action {
        guard pending > 0, since == nil else { return .none }
        self.taken = taken
        since = now
        return .look(at: now + interval)
    }

    /// Records that the requested time to look has come.
    ///
    /// - Parameters:
    ///   - pending: The amount that the client has not taken yet.
    ///   - taken: The amount that the client has taken since the beginning.
    ///   - now: The current time.
    /// - Returns: What the caller must do.
    @_spi(Server) public mutating func looked(pending: Int, taken: Int, now: NIODeadline) -> Action {
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
