// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// How many there are of each key, up to a limit: a pure value.
public struct KeyedCounts<Key: Hashable & Sendable>: Sendable {
    private var counts: [Key: Int] = [:]

    /// Counts that are all zero.
    public init() {}

    /// How many keys there are any of; memory grows with them alone.
    package var keyCount: Int { counts.count }

    /// Counts one more of a key.
    ///
    /// - Parameters:
    ///   - key: The key.
    ///   - limit: How many there may be of it; `nil` for any number.
    /// - Returns: Whether it was within the limit, and counted.
    public mutating func add(_ key: Key, limit: Int?) -> Bool {
        let count = counts[key] ?? 0
        if let limit, count >= limit { return false }
        counts[key] = count + 1
        return true
    }

    /// Counts one less of a key that was counted before.
    public mutating func remove(_ key: Key) {
        guard let count = counts[key] else { return }
        counts[key] = count > 1 ? count - 1 : nil
    }
}
