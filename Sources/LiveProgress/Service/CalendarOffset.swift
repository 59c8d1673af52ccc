// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import Synchronization

/// How far the calendar is from the monotonic clock, so that one reading tells both times.
///
/// The two are compared anew every second: when the system's date is set, dates follow within that time.
final class CalendarOffset: Sendable {
    private static let lifetime = Duration.seconds(1)
    /// What a comparison may take; when the thread is held up in the midst of it, it is worth nothing.
    private static let longestComparison = Duration.microseconds(100)

    /// Seconds from the monotonic clock to the calendar, as the bits of a `Double`.
    private let offset = Atomic<UInt64>(0)
    /// Until when that holds, in the monotonic clock's ``Duration/steps``.
    private let expiry = Atomic<Int64>(.min)

    /// The date at a time that has just been read, or `nil` where the calendar has to be asked.
    func date(at now: Duration, from clock: ProgressClock) -> Date? {
        if now.steps >= expiry.load(ordering: .acquiring) { compare(clock) }
        guard now.steps < expiry.load(ordering: .acquiring) else { return nil }
        return Date(timeIntervalSinceReferenceDate: now.inSeconds + Double(bitPattern: offset.load(ordering: .relaxed)))
    }

    private func compare(_ clock: ProgressClock) {
        let before = clock.now()
        let date = clock.date()
        let after = clock.now()
        guard after - before < Self.longestComparison else { return }
        let offset = date.timeIntervalSinceReferenceDate - before.inSeconds
        self.offset.store(offset.bitPattern, ordering: .relaxed)
        expiry.store((before + Self.lifetime).steps, ordering: .releasing)
    }
}
