// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// How long to wait before the next try: exponential, with full jitter.
///
/// The n-th delay is drawn evenly from 0 to `base * 2^n`, at most `maximum`, so that many clients that lost their
/// server at the same moment do not come back at the same moment.
struct Backoff: Sendable, Hashable {
    let base: Duration
    let maximum: Duration
    /// How many delays have been given since the last success.
    private(set) var count = 0

    init(base: Duration, maximum: Duration) {
        self.base = base
        self.maximum = maximum
    }

    /// The next delay; `random`, from 0 to 1, decides where in the range it lies.
    mutating func next(random: Double) -> Duration {
        // 2^30 times any sensible base is past any sensible maximum.
        let ceiling = min(maximum, base * (1 << min(count, 30)))
        count += 1
        return ceiling * (random > 0 ? min(random, 1) : 0)
    }

    /// Starts again with the shortest delay.
    mutating func reset() {
        count = 0
    }
}
