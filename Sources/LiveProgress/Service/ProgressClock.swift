// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import FoundationEssentials

/// The clock of a service; tests can replace it, so that they need not wait.
public struct ProgressClock: Sendable {
    /// The function that returns the time since a fixed origin; the time never decreases.
    public let now: @Sendable () -> Duration
    /// The function that returns the calendar date, for people.
    public let date: @Sendable () -> Date
    /// The function that sleeps until ``now`` reaches a time; throws `CancellationError` if its task is cancelled.
    public let sleep: @Sendable (_ until: Duration) async throws -> Void
    /// The offset that derives the date from ``now``, so that ``date`` is not called each time.
    private let calendar: CalendarOffset?

    /// Creates a clock from its three functions.
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

    /// Reads both times; with the system's clocks, usually reads only the monotonic clock.
    func read() -> JournalState.Now {
        let now = now()
        return JournalState.Now(monotonic: now, date: calendar?.date(at: now, from: self) ?? date())
    }
}
