// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Allows so many of something a second, and some at once after a pause: a pure value that is told the time.
///
/// ```swift
/// var bucket = TokenBucket(rate: 100, capacity: 500, now: now)
/// if let delay = bucket.take(now: later) { refuse(retryAfter: delay) }
/// ```
public struct TokenBucket: Sendable, Hashable {
    /// How many tokens come back a second.
    public let rate: Double
    /// How many there are at the most.
    public let capacity: Double
    private var level: Double
    private var updatedAt: Duration

    /// A full bucket.
    ///
    /// - Parameters:
    ///   - rate: Tokens that come back a second; more than 0.
    ///   - capacity: Tokens that can be taken at once; at least 1.
    ///   - now: The time, since any fixed origin.
    public init(rate: Double, capacity: Double, now: Duration) {
        self.rate = max(rate, .leastNonzeroMagnitude)
        self.capacity = max(capacity, 1)
        level = self.capacity
        updatedAt = now
    }

    /// Takes a token.
    ///
    /// - Parameter now: The time; an earlier one than before counts as the same.
    /// - Returns: `nil` where there was one, else how long it takes until there is.
    public mutating func take(now: Duration) -> Duration? {
        refill(now: now)
        // A rounding error must not refuse who has waited for exactly as long as it was told.
        guard level >= 1 - 1e-6 else { return .seconds(min((1 - level) / rate, 86_400)) }
        level = max(0, level - 1)
        return nil
    }

    /// Whether nothing has been taken lately, so that a new bucket would be the same.
    public mutating func isFull(now: Duration) -> Bool {
        refill(now: now)
        return level >= capacity
    }

    private mutating func refill(now: Duration) {
        guard now > updatedAt else { return }
        level = min(capacity, level + (now - updatedAt) / .seconds(1) * rate)
        updatedAt = now
    }
}
