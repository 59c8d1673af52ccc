// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

/// How long a watcher's credentials let it stay: until they end, and a grace period longer, in which it can renew them.
///
/// A pure value; the time is an argument.
struct WatcherCredentials {
    /// How long after their end a watcher may stay to renew them.
    static let grace = TimeAmount.seconds(10)

    /// What to do when the deadline has passed.
    enum Action: Equatable {
        case nothing
        /// Tell the watcher that it has the grace period to renew them.
        case warn
        /// Close the connection.
        case close
    }

    private var end: NIODeadline?
    private var isWarned = false

    /// Credentials that end some time from now, or never.
    init(validFor time: TimeAmount?, now: NIODeadline) {
        end = time.map { now + $0 }
    }

    /// When something is to be done; `nil` for never.
    var deadline: NIODeadline? { end.map { isWarned ? $0 + Self.grace : $0 } }

    /// There are new credentials.
    mutating func renew(for time: TimeAmount?, now: NIODeadline) {
        self = WatcherCredentials(validFor: time, now: now)
    }

    /// What to do now.
    mutating func timeIsUp(now: NIODeadline) -> Action {
        guard let deadline, deadline <= now else { return .nothing }
        guard !isWarned else { return .close }
        isWarned = true
        return .warn
    }
}
