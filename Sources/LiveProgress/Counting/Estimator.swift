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
///
/// A step that is a jump is no speed: units that were restored, skipped or found in a cache. It is told by its size, far beyond that of
/// the largest usual step, and by its time, far too short for so many units at the rate of the others; a large file that takes as much
/// longer is none. Its units are left out, until so many have come that this is how the worker works. The first few steps are
/// kept until there are enough of them to compare, whichever came first, and are judged anew each time, from the smallest up.
struct Estimator: Sendable {
    /// Seconds over which a worker with quick steps is averaged.
    private static let shortestHorizon = 15.0
    /// Fewer observed seconds than this are no evidence.
    private static let shortestEvidence = 0.1
    /// The same where one step is all there is, of several units: so soon after the start they were as likely restored as done.
    private static let shortestEvidenceOfOneStep = 0.9
    /// Ten years: an estimate beyond is no estimate.
    private static let longestRemaining = 10 * 365.25 * 86_400
    /// How many times as large as usual, and as fast, a jump is.
    private static let jumpFactor = 10.0
    /// How many steps are compared before the usual step is known.
    private static let openingLength = 6
    /// How many jumps are left out; the one after them is usual.
    private static let jumpsLeftOut = 4

    private var lastStep: Duration?
    private var lastCount: Int64 = 0
    private var units = 0.0
    private var seconds = 0.0
    private var squares = 0.0
    /// The gap before the first step, and how far it has faded, while it is kept apart from the sums.
    private var firstGap = 0.0
    private var firstWeight = 1.0
    /// The first steps, while the usual one is not known.
    private var opening: [OpeningStep] = []
    /// The largest step that was no jump; 0 while it is not known.
    private var usualStep = 0.0
    /// How many jumps were left out, and the smallest of them.
    private var jumps = (count: 0, smallest: Double.infinity)

    private struct OpeningStep {
        var units: Double
        /// The seconds that it took, and as how many they were counted.
        let gap: Double
        let countedGap: Double
        /// How far it has faded.
        var weight = 1.0
    }

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
        lastCount = completed
        guard change > 0 else { return takeBack(-change, at: now) }
        let gap = silence(at: now)
        if usualStep > 0 {
            // The time of a jump belongs to the step after it.
            if isJump(change, in: gap, usualStep: usualStep, rate: units / observed) { return leaveOut(change) }
            usualStep = max(usualStep, change)
        }
        let countedGap = gap > 0 ? close(gap: gap) : 0
        self.lastStep = max(now, lastStep)
        guard usualStep == 0 else {
            units += change
            return
        }
        opening.append(OpeningStep(units: change, gap: gap, countedGap: countedGap))
        if opening.count == Self.openingLength { settleOpening() }
    }

    /// Units a second, or `nil` while there is no evidence or after a silence that is long for this worker.
    func throughput(at now: Duration) -> Double? {
        let units = usualStep > 0 ? units : judgedOpening().units
        let isOneStep = opening.count == 1 && opening[0].units > 1
        guard units > 0, observed >= (isOneStep ? Self.shortestEvidenceOfOneStep : Self.shortestEvidence) else {
            return nil
        }
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

    // MARK: Steps

    private func isJump(_ step: Double, in gap: Double, usualStep: Double, rate: Double) -> Bool {
        step > Self.jumpFactor * usualStep && step > Self.jumpFactor * rate * gap
    }

    private mutating func leaveOut(_ jump: Double) {
        jumps = (jumps.count + 1, min(jumps.smallest, jump))
        guard jumps.count > Self.jumpsLeftOut else { return }
        usualStep = max(usualStep, jumps.smallest)
        jumps = (0, .infinity)
    }

    /// The units of the first steps without the jumps among them, the largest usual step, and the jumps.
    private func judgedOpening() -> (units: Double, usualStep: Double, jumps: [Double]) {
        var judged = (units: 0.0, usualStep: 0.0, jumps: [Double]())
        for step in opening.sorted(by: { $0.units < $1.units }) {
            let rate = judged.units / max(0, observed - step.countedGap * step.weight)
            if judged.usualStep > 0, isJump(step.units, in: step.gap, usualStep: judged.usualStep, rate: rate) {
                judged.jumps.append(step.units)
            } else {
                judged.units += step.units * step.weight
                judged.usualStep = step.units
            }
        }
        return judged
    }

    private mutating func settleOpening() {
        let judged = judgedOpening()
        opening = []
        units = judged.units
        usualStep = judged.usualStep
        for jump in judged.jumps { leaveOut(jump) }
    }

    private mutating func takeBack(_ count: Double, at now: Duration) {
        var rest = count
        while usualStep == 0, rest > 0, let last = opening.popLast() {
            if last.units > rest {
                opening.append(last)
                opening[opening.count - 1].units -= rest
            }
            rest -= last.units
        }
        units = max(0, units - max(0, rest))
        if units == 0, opening.isEmpty { reset(at: now, completed: lastCount) }
    }

    // MARK: Gaps

    /// Closes a gap, and gives as how many seconds it counts.
    private mutating func close(gap: Double) -> Double {
        guard observed > 0 else {
            firstGap = gap
            return gap
        }
        let believed = min(gap, patience)
        let fading = Self.decay(believed / horizon)
        units *= fading
        for index in opening.indices { opening[index].weight *= fading }
        seconds = seconds * fading + believed
        squares = squares * fading + believed * believed
        firstWeight *= fading
        if firstGap > 0, seconds >= Self.shortestHorizon { settleFirstGap() }
        return believed
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
