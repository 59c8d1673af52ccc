// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import Synchronization
import Testing

@testable @_spi(Server) import LiveProgress

@Suite("Calendar dates from the monotonic clock")
struct CalendarOffsetTests {
    /// A clock whose date can change independently of its time, and whose time can pass during a reading of the date.
    private final class Clock: Sendable {
        struct State {
            var now = Duration.seconds(100)
            var date = 1_000_000.0
            var dateReadings = 0
            var delay = Duration.zero
        }

        let state = Mutex(State())

        var progressClock: ProgressClock {
            ProgressClock(
                now: { self.state.withLock { $0.now } },
                date: {
                    self.state.withLock { state in
                        state.dateReadings += 1
                        state.now += state.delay
                        return Date(timeIntervalSinceReferenceDate: state.date)
                    }
                },
                sleep: { _ in }
            )
        }

        func pass(_ duration: Duration) {
            state.withLock { state in
                state.now += duration
                state.date += duration / .seconds(1)
            }
        }
    }

    private let clock = Clock()
    private let calendar = CalendarOffset()

    /// Returns the error of the computed date in seconds, or `nil` if the calendar must be read.
    private func error() -> Double? {
        let state = clock.state.withLock { $0 }
        return calendar.date(at: state.now, from: clock.progressClock)
            .map { abs($0.timeIntervalSinceReferenceDate - state.date) }
    }

    @Test("The calendar is read once a second, and the dates in between are exact to the microsecond")
    func onceASecond() throws {
        for _ in 0..<1000 {
            try #require(try #require(error()) < 1e-6)
            clock.pass(.milliseconds(10))
        }
        #expect((10...11).contains(clock.state.withLock { $0.dateReadings }))
    }

    @Test("After a change of the calendar, the computed dates follow within a second", arguments: [-3600.0, 3600.0])
    func dateIsSet(change: Double) throws {
        #expect(try #require(error()) < 1e-6)
        clock.state.withLock { $0.date += change }
        clock.pass(.seconds(1))
        #expect(try #require(error()) < 1e-6)
    }

    @Test("If time passes while the clocks are compared, the comparison is discarded")
    func heldUp() throws {
        clock.state.withLock { $0.delay = .milliseconds(1) }
        #expect(error() == nil)
        clock.state.withLock { $0.delay = .zero }
        #expect(try #require(error()) < 1e-6)
    }
}
