// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Testing

@testable import LiveProgressClient

@Suite("Backoff")
struct BackoffTests {
    @Test("The upper bound of the delay doubles up to the maximum and restarts after a success")
    func doubles() {
        var backoff = Backoff(base: .milliseconds(250), maximum: .seconds(10))
        let delays = (0..<8).map { _ in backoff.next(random: 1) }
        #expect(delays == [250, 500, 1000, 2000, 4000, 8000, 10000, 10000].map { .milliseconds($0) })
        backoff.reset()
        #expect(backoff.next(random: 1) == .milliseconds(250))
    }

    @Test(
        "The delay spreads over the whole range and never leaves the range",
        arguments: [
            (0.0, Duration.zero), (0.5, .seconds(1)), (1, .seconds(2)), (-3, .zero), (7, .seconds(2)), (.nan, .zero),
        ]
    )
    func jitter(random: Double, delay: Duration) {
        var backoff = Backoff(base: .seconds(2), maximum: .seconds(60))
        #expect(backoff.next(random: random) == delay)
    }

    @Test("The delay does not overflow, however many attempts fail")
    func many() {
        var backoff = Backoff(base: .seconds(1), maximum: .seconds(60))
        for _ in 0..<10_000 { _ = backoff.next(random: 1) }
        #expect(backoff.next(random: 1) == .seconds(60))
    }
}
