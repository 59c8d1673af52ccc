// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

/// The time that a watcher may stay: until its credentials expire, plus a grace period in which it can renew them.
///
/// A pure value; the time is an argument.
struct WatcherCredentials {
    /// How long a watcher may stay after the expiry to renew its credentials.
    static let grace = TimeAmount.seconds(10)

    /// What to do after the deadline.
    enum Action: Equatable {
        case nothing
        /// Warn the watcher that it has the grace period to renew its credentials.
        case warn
        /// Close the connection.
        case close
    }

    private var end: NIODeadline?
    private var isWarned = false

    /// Creates credentials that expire after the given time; `nil` for never.
    init(validFor time: TimeAmount?, now: NIODeadline) {
        end = time.map { now + $0 }
    }

    /// The time of the next action; `nil` for never.
    var deadline: NIODeadline? { end.map { isWarned ? $0 + Self.grace : $0 } }

    /// Replaces the credentials by new ones.
    mutating func renew(for time: TimeAmount?, now: NIODeadline) {
        self = WatcherCredentials(validFor: time, now: now)
    }

    /// Returns what to do now.
    mutating func timeIsUp(now: NIODeadline) -> Action {
        guard let deadline, deadline <= now else { return .nothing }
        guard !isWarned else { return .close }
        isWarned = true
        return .warn
    }
}
