// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A token bucket, which allows a rate per second and a burst after a pause: a pure value with the time as argument.
///
/// ```swift
/// var bucket = TokenBucket(rate: 100, capacity: 500, now: now)
/// if let delay = bucket.take(now: later) { refuse(retryAfter: delay) }
/// ```
package struct TokenBucket: Sendable, Hashable {
    /// The number of tokens that return per second.
    package let rate: Double
    /// The largest number of tokens.
    package let capacity: Double
    private var level: Double
    private var updatedAt: Duration

    /// Creates a full bucket.
    ///
    /// - Parameters:
    ///   - rate: The number of tokens that return per second; more than 0.
    ///   - capacity: The largest number of tokens; at least 1.
    ///   - now: The current time, since any fixed origin.
    package init(rate: Double, capacity: Double, now: Duration) {
        self.rate = max(rate, .leastNonzeroMagnitude)
        self.capacity = max(capacity, 1)
        level = self.capacity
        updatedAt = now
    }

    /// Takes a token.
    ///
    /// - Parameter now: The current time; if it is earlier than in the previous call, no time has passed.
    /// - Returns: `nil` if the bucket had a token; otherwise the time until it has one.
    package mutating func take(now: Duration) -> Duration? {
        refill(now: now)
        // A rounding error must not refuse a caller that has waited for exactly the returned time.
        guard level >= 1 - 1e-6 else { return .seconds(min((1 - level) / rate, 86_400)) }
        level = max(0, level - 1)
        return nil
    }

    /// Returns whether the bucket is full, so that a new bucket would be equal.
    package mutating func isFull(now: Duration) -> Bool {
        refill(now: now)
        return level >= capacity
    }

    private mutating func refill(now: Duration) {
        guard now > updatedAt else { return }
        level = min(capacity, level + (now - updatedAt) / .seconds(1) * rate)
        updatedAt = now
    }
}
