// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The time that counts for the rate: monotonic time without the pauses in which the worker waited for a person.
///
/// Some workers go on beside an open question. A pause in which units are completed therefore counts as work.
struct WorkTime: Sendable {
    private var leftOut = Duration.zero
    private var pause: (start: Duration, completed: Int64)?

    /// Notes the state of the worker at a time, and returns the time that counts.
    ///
    /// - Parameters:
    ///   - now: The time.
    ///   - completed: The completed units.
    ///   - isWaiting: Whether the worker waits for a person from now on.
    /// - Returns: The time without the pauses.
    mutating func note(_ now: Duration, completed: Int64, isWaiting: Bool) -> Duration {
        if let begun = pause, begun.completed == completed {
            if isWaiting { return begun.start - leftOut }
            leftOut += now - begun.start
        }
        pause = isWaiting ? (now, completed) : nil
        return now - leftOut
    }
}
