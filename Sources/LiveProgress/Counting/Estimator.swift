// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The rate of completed units and the remaining time, estimated only from counts and times.
///
/// `now` is always monotonic time since one origin, the same for every call. No function here reads a clock.
///
/// ## The estimate
/// Every step (a change of the count) closes a *gap*: `Δt` seconds in which `Δc` units were completed. The rate is the
/// quotient of discounted units and discounted seconds:
///
///     units   ← units   · a + Δc
///     seconds ← seconds · a + Δt        a = decay(Δt / horizon)
///     rate    = units / seconds
///
/// Old gaps fade with time, not with the number of calls. Units that come with no time between them only add to
/// `units`. So ten workers that finish together every minute give 10/60, whatever the order or spacing of their calls.
/// A steady worker gives its exact rate from the first step, because every term has the same ratio.
///
/// ## Between two steps
/// The usual gap of a worker is its average gap, weighted by time (the gap in which a random instant falls). So a burst
/// of a thousand quick steps does not hide the pause after it:
///
///     usualGap = squares / seconds,     squares ← squares · a + Δt²
///
/// A silence up to the usual gap does not change the rate. The part of a silence beyond the usual gap is *overdue*: it
/// counts as time without completed units, so the rate falls. After `patience` the rate is unknown, because a stalled
/// worker looks the same as a worker that never comes back. The horizon grows with the usual gap, so that a worker with
/// a step every ten minutes is averaged over several steps.
///
/// ## Outliers
/// A pause longer than `patience` counts only as `patience`, because it may be a stall that does not happen again. If
/// the pause happens again, the usual gap has grown meanwhile, and the pause counts in full. The first gap may contain
/// a queue or a set-up phase. It is kept apart until enough later gaps are known, and is then cut by the same rule.
///
/// A jump is a step of units that were restored, skipped or found in a cache, so it says nothing about the rate. A step
/// is a jump if its size is far beyond the largest usual step, and its time is far too short for so many units at the
/// rate of the other steps. A large file that takes proportionally longer is not a jump. The units of a jump are left
/// out, until there have been so many jumps that they are the worker's usual steps. The first few steps are kept until
/// there are enough of them to compare, whatever their order. For each rate, these steps are all judged again, from the
/// smallest to the largest.
struct Estimator: Sendable {
    /// The number of seconds over which a worker with quick steps is averaged.
    private static let shortestHorizon = 15.0
    /// The minimum number of observed seconds for a rate.
    private static let shortestEvidence = 0.1
    /// The minimum of observed seconds for a rate from one step of several units, because these may have been restored.
    private static let shortestEvidenceOfOneStep = 0.9
    /// The longest remaining time that is returned: ten years, in seconds.
    private static let longestRemaining = 10 * 365.25 * 86_400
    /// The factor by which a jump is larger, and faster, than the usual steps.
    private static let jumpFactor = 10.0
    /// The number of first steps that are compared to find the usual step.
    private static let openingLength = 6
    /// The number of jumps before the next jump raises the usual step to the smallest of them.
    private static let jumpsLeftOut = 4

    private var lastStep: Duration?
    private var lastCount: Int64 = 0
    private var units = 0.0
    private var seconds = 0.0
    private var squares = 0.0
    /// The gap before the first step, and its faded weight, while this gap is kept apart from the sums.
    private var firstGap = 0.0
    private var firstWeight = 1.0
    /// The first steps, while the usual step is not known.
    private var opening: [OpeningStep] = []
    /// The largest step that was not a jump; 0 while it is not known.
    private var usualStep = 0.0
    /// The number of jumps left out, and the smallest of them.
    private var jumps = (count: 0, smallest: Double.infinity)

    private struct OpeningStep {
        var units: Double
        /// The seconds that the step took, and the seconds that it counts as.
        let gap: Double
        let countedGap: Double
        /// The faded weight of the step.
        var weight = 1.0
    }

    /// Resets the estimator; it measures from `now`, when `completed` units are done.
    mutating func reset(at now: Duration, completed: Int64 = 0) {
        self = Estimator()
        lastStep = now
        lastCount = max(0, completed)
    }

    /// Records that `completed` units are done at `now`.
    ///
    /// The call takes constant time and memory. If the count falls, the estimator removes as many units from its sums;
    /// if no units are left, measuring starts again. A clock that stands still or runs backwards counts as no time.
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

    /// Returns the units per second, or `nil` without evidence or after a silence that is long for this worker.
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

    /// Returns the seconds until `total` units are done, or `nil` if they are not known.
    ///
    /// The result is 0 if nothing remains. The result counts down during a gap of the usual length.
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

    /// Returns the units of the first steps without the jumps, the largest usual step, and the jumps.
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

    /// Closes a gap, and returns the seconds that the gap counts as.
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

    /// The longest silence after which the rate is still known, in seconds.
    private var patience: Double { Self.patience(usualGap: usualGap) }

    private static func patience(usualGap: Double) -> Double { usualGap + 4 * max(shortestHorizon, usualGap) }

    /// Returns e⁻ˣ to the second order: accurate for small steps, in three operations, without a mathematics library.
    private static func decay(_ x: Double) -> Double { 1 / (1 + x + x * x / 2) }
}
