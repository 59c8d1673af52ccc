// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A count for each key, up to a limit: a pure value.
package struct KeyedCounts<Key: Hashable & Sendable>: Sendable {
    private var counts: [Key: Int] = [:]

    /// Creates counts that are all zero.
    package init() {}

    /// The number of keys with a count above zero; the memory grows only with this number.
    package var keyCount: Int { counts.count }

    /// Adds one to the count of a key, if the count is below the limit.
    ///
    /// - Parameters:
    ///   - key: The key.
    ///   - limit: The largest count of the key; `nil` for no limit.
    /// - Returns: Whether the count was below the limit.
    package mutating func add(_ key: Key, limit: Int?) -> Bool {
        let count = counts[key] ?? 0
        if let limit, count >= limit { return false }
        counts[key] = count + 1
        return true
    }

    /// Subtracts one from the count of a key.
    package mutating func remove(_ key: Key) {
        guard let count = counts[key] else { return }
        counts[key] = count > 1 ? count - 1 : nil
    }
}
