// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import Testing

@testable @_spi(Server) import LiveProgressNIO

@Suite("The timeout of a client that reads nothing")
struct UnreadWatchTests {
    private static let limit = TimeAmount.seconds(30)

    private static func at(_ seconds: Int64) -> NIODeadline {
        .uptimeNanoseconds(0) + .seconds(seconds)
    }

    /// Runs all checks of a client to which ten bytes were sent at second 0.
    ///
    /// - Parameter taken: Returns the bytes taken and the bytes sent at a second.
    /// - Returns: The second of the timeout, or `nil` if no timeout occurs.
    private static func secondOfEnd(_ taken: (Int64) -> (taken: Int, sent: Int)) -> Int64? {
        var watch = UnreadWatch(limit: limit)
        var action = watch.sent(pending: 10, taken: 0, now: at(0))
        for _ in 0..<1000 {
            guard case .look(let time) = action else { break }
            let seconds = Int64((time - at(0)).nanoseconds / 1_000_000_000)
            let (taken, sent) = taken(seconds)
            action = watch.looked(pending: sent - taken, taken: taken, now: time)
            if action == .giveUp { return seconds }
        }
        return nil
    }

    @Test("no check is scheduled while no bytes are pending")
    func nothingPending() {
        var watch = UnreadWatch(limit: Self.limit)
        #expect(watch.sent(pending: 0, taken: 10, now: Self.at(0)) == .none)
        #expect(watch.sent(pending: 1, taken: 10, now: Self.at(1)) == .look(at: Self.at(6)))
        #expect(watch.sent(pending: 2, taken: 10, now: Self.at(2)) == .none, "only one check may be scheduled")
        #expect(watch.looked(pending: 0, taken: 12, now: Self.at(6)) == .none)
        #expect(watch.looked(pending: 1, taken: 12, now: Self.at(7)) == .none, "this check was not scheduled")
        #expect(watch.sent(pending: 1, taken: 12, now: Self.at(100)) == .look(at: Self.at(105)))
    }

    @Test("a client that reads nothing times out, even if more bytes are sent")
    func takesNothing() {
        #expect(Self.secondOfEnd { _ in (0, 10) } == 30)
        #expect(Self.secondOfEnd { (0, 10 + Int($0)) } == 30)
    }

    @Test("each byte that the client reads restarts the timeout, accurate to a sixth of the limit")
    func takesByte() {
        #expect(Self.secondOfEnd { ($0 < 1 ? 0 : 1, 10) } == 35)
        #expect(Self.secondOfEnd { ($0 < 29 ? 0 : 1, 10) } == 60)
    }

    @Test("a client that reads a byte within each timeout never times out")
    func reads() {
        #expect(Self.secondOfEnd { (Int($0 / 29), 1_000_000) } == nil)
    }

    @Test("the last check comes exactly at the timeout, for every limit", arguments: [1, 5, 7, 1_000_000_007])
    func anyLimit(nanoseconds: Int64) {
        var watch = UnreadWatch(limit: .nanoseconds(nanoseconds))
        var (now, looks) = (Self.at(0), 0)
        var action = watch.sent(pending: 1, taken: 0, now: now)
        while case .look(let time) = action {
            #expect(time > now)
            (now, looks) = (time, looks + 1)
            action = watch.looked(pending: 1, taken: 0, now: now)
        }
        #expect(action == .giveUp)
        #expect(now - Self.at(0) == .nanoseconds(nanoseconds))
        #expect(looks <= 7)
    }
}
