// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import FoundationEssentials

/// Where a service reads the time, so that tests need not wait for it.
public struct ProgressClock: Sendable {
    /// The time since some fixed origin; it never goes back.
    public let now: @Sendable () -> Duration
    /// The time of the calendar, for people.
    public let date: @Sendable () -> Date
    /// Returns when ``now`` has reached a time; throws `CancellationError` when its task is cancelled before.
    public let sleep: @Sendable (_ until: Duration) async throws -> Void
    /// Tells the date from the time, where ``date`` need not be asked each time.
    private let calendar: CalendarOffset?

    /// A clock made of its three functions.
    public init(
        now: @escaping @Sendable () -> Duration,
        date: @escaping @Sendable () -> Date,
        sleep: @escaping @Sendable (_ until: Duration) async throws -> Void
    ) {
        self.now = now
        self.date = date
        self.sleep = sleep
        calendar = nil
    }

    private init(clock: ContinuousClock, origin: ContinuousClock.Instant) {
        now = { origin.duration(to: clock.now) }
        date = { Date() }
        sleep = { try await clock.sleep(until: origin.advanced(by: $0)) }
        calendar = CalendarOffset()
    }

    /// The system's clocks.
    public static let system: ProgressClock = {
        let clock = ContinuousClock()
        return ProgressClock(clock: clock, origin: clock.now)
    }()

    /// Both times; of the system's clocks only one is read.
    func read() -> JournalState.Now {
        let now = now()
        return JournalState.Now(monotonic: now, date: calendar?.date(at: now, from: self) ?? date())
    }
}
