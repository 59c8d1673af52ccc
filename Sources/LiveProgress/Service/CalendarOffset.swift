// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import Synchronization

/// The offset from the monotonic clock to the calendar, so that one clock reading gives both times.
///
/// The offset is measured again every second, so a change of the system date takes effect within a second.
final class CalendarOffset: Sendable {
    private static let lifetime = Duration.seconds(1)
    /// The longest valid measurement; a longer one means that the thread was interrupted, and its result is discarded.
    private static let longestComparison = Duration.microseconds(100)

    /// The offset in seconds, as the bits of a `Double`.
    private let offset = Atomic<UInt64>(0)
    /// The time until which the offset is valid, in the monotonic clock's ``Duration/steps``.
    private let expiry = Atomic<Int64>(.min)

    /// Returns the date at `now`, which was just read, or `nil` if the caller must call the clock's `date`.
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
