// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The delay before the next try: exponential backoff with full jitter.
///
/// The n-th delay is random, evenly distributed from 0 to `base * 2^n`, and at most `maximum`. Clients that lose their
/// server at the same moment therefore reconnect at different moments.
struct Backoff: Sendable, Hashable {
    let base: Duration
    let maximum: Duration
    /// The number of delays since the last success.
    private(set) var count = 0

    init(base: Duration, maximum: Duration) {
        self.base = base
        self.maximum = maximum
    }

    /// Returns the next delay; `random`, from 0 to 1, is its position in the range.
    mutating func next(random: Double) -> Duration {
        // 2^30 times any sensible base is more than any sensible maximum.
        let ceiling = min(maximum, base * (1 << min(count, 30)))
        count += 1
        return ceiling * (random > 0 ? min(random, 1) : 0)
    }

    /// Starts again with the shortest delay.
    mutating func reset() {
        count = 0
    }
}
