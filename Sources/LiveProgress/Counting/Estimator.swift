// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// How fast units are completed, and how long the rest will take, told from counts and times alone.
///
/// `now` is always monotonic time since one origin, the same for every call. Nothing here reads a clock.
///
/// ## The estimate
/// Every step (a change of the count) closes a *gap*: `Δt` seconds in which `Δc` units were done. The rate is discounted units over
/// discounted seconds,
///
///     units   ← units   · a + Δc
///     seconds ← seconds · a + Δt        a = decay(Δt / horizon)
///     rate    = units / seconds
///
/// so that old gaps fade with time, not with the number of calls. Units which come with no time between them only add to `units`;
/// so ten workers that finish together every minute give 10/60 whatever the order or spacing of their calls, and a steady worker
/// gives its exact rate from the first step on, because every term has the same ratio.
///
/// ## Between two steps
/// What is normal for this worker is its usual gap, weighted by time (the gap in which a random instant falls), so that a burst of
/// a thousand quick steps does not hide the pause after it:
///
///     usualGap = squares / seconds,     squares ← squares · a + Δt²
///
/// Up to that age a silence says nothing, and the rate stands. What is beyond is *overdue*, and counts as time in which nothing was
/// done: the rate falls. After `patience` it is unknown: nobody can tell a worker that stalled from one that never comes back.
/// The horizon follows the usual gap, so that a worker with a step every ten minutes is averaged over several of them.
///
/// ## What is not believed at once
/// A pause longer than `patience` counts for `patience` only: it may be a stall that will not come again. If it does, the usual gap
/// has grown meanwhile, and it is believed. The first gap may hold a queue or a set-up phase: it is kept apart until enough
/// has been seen of what follows, and then cut by the same rule.
struct Estimator: Sendable {
    /// Seconds over which a worker with quick steps is averaged.
    private static let shortestHorizon = 15.0
    /// Fewer observed seconds than this are no evidence.
    private static let shortestEvidence = 0.1
    /// Ten years: an estimate beyond is no estimate.
    private static let longestRemaining = 10 * 365.25 * 86_400

    private var lastStep: Duration?
    private var lastCount: Int64 = 0
    private var units = 0.0
    private var seconds = 0.0
    private var squares = 0.0
    /// The gap before the first step, and how far it has faded, while it is kept apart from the sums.
    private var firstGap = 0.0
    private var firstWeight = 1.0

    /// Forgets everything and measures from `now`, at which `completed` units are done.
    mutating func reset(at now: Duration, completed: Int64 = 0) {
        self = Estimator()
        lastStep = now
        lastCount = max(0, completed)
    }

    /// Takes note that `completed` units are done at `now`.
    ///
    /// Constant in time and memory. A count that falls takes its units back; when none is left the measuring starts anew. A clock that
    /// stands still or runs backwards counts as no time.
    mutating func record(completed: Int64, at now: Duration) {
        let completed = max(0, completed)
        guard let lastStep else { return reset(at: now, completed: completed) }
        guard completed != lastCount else { return }
        let change = Double(completed - lastCount)
        if now > lastStep { close(gap: (now - lastStep).inSeconds) }
        units += change
        lastCount = completed
        self.lastStep = max(now, lastStep)
        if units <= 0 { reset(at: now, completed: completed) }
    }

    /// Units a second, or `nil` while there is no evidence or after a silence that is long for this worker.
    func throughput(at now: Duration) -> Double? {
        guard units > 0, observed >= Self.shortestEvidence else { return nil }
        let silence = silence(at: now)
        guard silence <= patience else { return nil }
        let overdue = max(0, silence - usualGap)
        let fading = Self.decay(overdue / horizon)
        return units * fading / (observed * fading + overdue)
    }

    /// Seconds until `total` units are done, or `nil` where that is not known.
    ///
    /// Zero when nothing remains. It counts down during a gap of the usual length.
    func estimatedTimeRemaining(completed: Int64, total: Int64?, at now: Duration) -> Double? {
        guard let total else { return nil }
        let completed = max(0, completed)
        guard total > completed else { return 0 }
        guard let rate = throughput(at: now), rate > 0 else { return nil }
        let remaining = Double(total - completed) / rate - min(silence(at: now), usualGap)
        return remaining <= Self.longestRemaining ? max(0, remaining) : nil
    }

    // MARK: Gaps

    private mutating func close(gap: Double) {
        guard observed > 0 else {
            firstGap = gap
            return
        }
        let believed = min(gap, patience)
        let fading = Self.decay(believed / horizon)
        units *= fading
        seconds = seconds * fading + believed
        squares = squares * fading + believed * believed
        firstWeight *= fading
        if firstGap > 0, seconds >= Self.shortestHorizon { settleFirstGap() }
    }

    private mutating func settleFirstGap() {
        let believed = min(firstGap, Self.patience(usualGap: squares / seconds))
        firstGap = 0
        seconds += believed * firstWeight
        squares += believed * believed * firstWeight
    }

    private func silence(at now: Duration) -> Double {
        guard let lastStep, now > lastStep else { return 0 }
        return (now - lastStep).inSeconds
    }

    private var observed: Double { seconds + firstGap * firstWeight }

    private var usualGap: Double {
        observed > 0 ? (squares + firstGap * firstGap * firstWeight) / observed : 0
    }

    private var horizon: Double { max(Self.shortestHorizon, 2 * usualGap) }

    /// The longest silence that is still an answer.
    private var patience: Double { Self.patience(usualGap: usualGap) }

    private static func patience(usualGap: Double) -> Double { usualGap + 4 * max(shortestHorizon, usualGap) }

    /// e⁻ˣ to the second order: as good for the small steps that matter, and three operations without a mathematics library.
    private static func decay(_ x: Double) -> Double { 1 / (1 + x + x * x / 2) }
}
