// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP
import Testing

@Suite("The token bucket")
struct TokenBucketTests {
    @Test("a full bucket gives its capacity as a burst, and then tokens at its rate")
    func burstAndRate() {
        var bucket = TokenBucket(rate: 10, capacity: 3, now: .zero)
        for _ in 0..<3 { #expect(bucket.take(now: .zero) == nil) }
        #expect(bucket.take(now: .zero) == .milliseconds(100))
        #expect(bucket.take(now: .milliseconds(50)) == .milliseconds(50))
        #expect(bucket.take(now: .milliseconds(100)) == nil)
        #expect(bucket.take(now: .milliseconds(100)) != nil)
    }

    @Test("after the returned delay, a token is available at any rate", arguments: [0.01, 0.3, 7, 1000, 1e7])
    func waitsAreEnough(rate: Double) throws {
        var bucket = TokenBucket(rate: rate, capacity: 1, now: .seconds(3))
        var now = Duration.seconds(3)
        for _ in 0..<1000 {
            #expect(bucket.take(now: now) == nil)
            let delay = bucket.take(now: now)
            now += try #require(delay)
        }
    }

    @Test("a bucket never holds more than its capacity, and is full again after a pause")
    func fills() {
        var bucket = TokenBucket(rate: 2, capacity: 4, now: .zero)
        #expect(bucket.isFull(now: .zero) == true)
        #expect(bucket.take(now: .zero) == nil)
        #expect(bucket.isFull(now: .milliseconds(400)) == false)
        #expect(bucket.isFull(now: .milliseconds(500)) == true)
        for _ in 0..<4 { #expect(bucket.take(now: .seconds(3600)) == nil) }
        #expect(bucket.take(now: .seconds(3600)) != nil)
    }

    @Test("a clock that goes back neither adds nor removes tokens")
    func timeGoesBack() {
        var bucket = TokenBucket(rate: 1, capacity: 1, now: .seconds(10))
        #expect(bucket.take(now: .seconds(10)) == nil)
        #expect(bucket.take(now: .seconds(5)) == .seconds(1))
        #expect(bucket.take(now: .seconds(11)) == nil)
    }
}

@Suite("Counts by key")
struct KeyedCountsTests {
    @Test("each key has its own limit, and a key with count zero is removed")
    func counts() {
        var counts = KeyedCounts<String>()
        #expect(counts.add("a", limit: 2) == true)
        #expect(counts.add("a", limit: 2) == true)
        #expect(counts.add("a", limit: 2) == false)
        #expect(counts.add("b", limit: 2) == true)
        counts.remove("a")
        #expect(counts.add("a", limit: 2) == true)
        for key in ["a", "a", "b", "c"] { counts.remove(key) }
        #expect(counts.keyCount == 0)
        for _ in 0..<100 { #expect(counts.add("a", limit: nil) == true) }
    }
}
