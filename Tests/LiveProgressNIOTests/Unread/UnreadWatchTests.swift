// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import Testing

@testable @_spi(Server) import LiveProgressNIO

@Suite("How long a client may take nothing")
struct UnreadWatchTests {
    private static let limit = TimeAmount.seconds(30)

    private static func at(_ seconds: Int64) -> NIODeadline {
        .uptimeNanoseconds(0) + .seconds(seconds)
    }

    /// Looks as often as it is asked to, from the moment at which ten bytes were sent on.
    ///
    /// - Parameter taken: How much has been taken, of how much, at a second.
    /// - Returns: The second of the end, if it comes.
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

    @Test("nobody looks while nothing is pending")
    func nothingPending() {
        var watch = UnreadWatch(limit: Self.limit)
        #expect(watch.sent(pending: 0, taken: 10, now: Self.at(0)) == .none)
        #expect(watch.sent(pending: 1, taken: 10, now: Self.at(1)) == .look(at: Self.at(6)))
        #expect(watch.sent(pending: 2, taken: 10, now: Self.at(2)) == .none, "one look is awaited, not two")
        #expect(watch.looked(pending: 0, taken: 12, now: Self.at(6)) == .none)
        #expect(watch.looked(pending: 1, taken: 12, now: Self.at(7)) == .none, "a look that nobody asked for")
        #expect(watch.sent(pending: 1, taken: 12, now: Self.at(100)) == .look(at: Self.at(105)))
    }

    @Test("who takes nothing has its time and no more, however much it is sent meanwhile")
    func takesNothing() {
        #expect(Self.secondOfEnd { _ in (0, 10) } == 30)
        #expect(Self.secondOfEnd { (0, 10 + Int($0)) } == 30)
    }

    @Test("who takes a byte has its time from then on, told to a sixth")
    func takesByte() {
        #expect(Self.secondOfEnd { ($0 < 1 ? 0 : 1, 10) } == 35)
        #expect(Self.secondOfEnd { ($0 < 29 ? 0 : 1, 10) } == 60)
    }

    @Test("who takes a byte before each time is over is never given up")
    func reads() {
        #expect(Self.secondOfEnd { (Int($0 / 29), 1_000_000) } == nil)
    }

    @Test("the last look comes when the time is over, whatever the limit", arguments: [1, 5, 7, 1_000_000_007])
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
