// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import DequeModule

/// The keys in the order of their last insertion, each key once, under increasing numbers.
///
/// Putting and removing a key take amortised constant time; a walk can start at any number in logarithmic time. Putting
/// a key again leaves a dead entry behind. A sweep removes the dead entries when they outnumber the living entries by
/// more than 64.
struct NumberedKeys<Key: Hashable & Sendable>: Sendable {
    typealias Entry = (number: UInt64, key: Key)

    private var entries: Deque<Entry> = []
    private var numbers: [Key: UInt64] = [:]
    private(set) var lastNumber: UInt64 = 0

    var count: Int { numbers.count }

    func contains(_ key: Key) -> Bool { numbers[key] != nil }

    /// Puts a key at the end, under the next number, or under `number` if that is higher.
    mutating func put(_ key: Key, under number: UInt64? = nil) {
        lastNumber = max(lastNumber + 1, number ?? 0)
        numbers[key] = lastNumber
        entries.append((lastNumber, key))
        sweep()
    }

    mutating func remove(_ key: Key) {
        guard numbers.removeValue(forKey: key) != nil else { return }
        sweep()
    }

    /// Removes every key; later numbers continue after `lastNumber`.
    mutating func removeAll() {
        entries = []
        numbers = [:]
    }

    /// Removes the oldest key and returns its entry.
    mutating func removeOldest() -> Entry? {
        while let first = entries.popFirst() {
            if numbers[first.key] == first.number {
                numbers[first.key] = nil
                return first
            }
        }
        return nil
    }

    /// Returns the living entries after a number, oldest first.
    func entries(after number: UInt64) -> some Sequence<Entry> {
        entries[firstIndex(after: number)...].lazy.filter { numbers[$0.key] == $0.number }
    }

    /// Returns the living entries before a number, newest first.
    func entries(before number: UInt64) -> some Sequence<Entry> {
        entries[..<firstIndex(after: number == 0 ? 0 : number - 1)].reversed().lazy
            .filter { numbers[$0.key] == $0.number }
    }

    private func firstIndex(after number: UInt64) -> Int {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].number <= number { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func sweep() {
        guard entries.count > 2 * numbers.count + 64 else { return }
        entries.removeAll { numbers[$0.key] != $0.number }
    }
}
