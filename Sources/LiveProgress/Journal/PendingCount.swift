// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// The units counted without the journal's lock, in one atomic word, until the next lock holder takes them.
///
/// The word holds a count and, in its lowest bits, the standing of the count. Only a lock holder changes the standing.
/// Every other thread adds to the count, and the same instruction returns the standing. So each unit is counted exactly
/// once:
/// - *free* and *held*: the unit is in the word; the lock holder that empties the word next counts the unit.
/// - *closed*: the word is void; the thread must take the lock and count the unit there, where it may be refused.
struct PendingCount: ~Copyable, Sendable {
    /// The standing of the count at the time of an addition.
    struct Standing {
        fileprivate let word: Int64

        /// Whether pending units are already announced, so that the caller has nothing left to do.
        @inline(__always)
        var isFree: Bool { word & (fullBits | closedBit | freeBit) == freeBit }

        /// Whether the added units are void.
        var isClosed: Bool { word & closedBit != 0 }
    }

    private static let freeBit: Int64 = 1
    private static let closedBit: Int64 = 2
    private static let unit: Int64 = 4
    /// The bits that are set when the word is so full that a lock holder has to empty it before it overflows.
    private static let fullBits: Int64 = .min | 1 << 62
    /// The largest count of one addition; thousands of threads can add it to a full word without an overflow.
    private static let largest: Int64 = 1 << 48

    private let word = Atomic<Int64>(0)

    /// Returns whether a count can be added to the word: it is positive and at most `largest`.
    @inline(__always)
    static func holds(_ count: Int64) -> Bool {
        UInt64(bitPattern: count &- 1) < UInt64(bitPattern: largest)
    }

    /// Adds a count for which ``holds(_:)`` is true; safe to call from any thread.
    @inline(__always)
    func add(_ count: Int64) -> Standing {
        Standing(word: word.wrappingAdd(count &* Self.unit, ordering: .relaxed).oldValue)
    }

    // MARK: For the lock holder

    /// Empties the word and returns its units; the thread that adds next must announce its units.
    @inline(__always)
    func take() -> Int64 {
        let seen = word.load(ordering: .relaxed)
        // A count that another thread adds now is not lost: the next lock holder takes it.
        guard seen != 0, seen & Self.closedBit == 0 else { return 0 }
        return word.exchange(0, ordering: .relaxed) >> 2
    }

    /// Empties the word, returns its units, and closes it until ``reopen()``.
    func close() -> Int64 {
        let before = word.exchange(Self.closedBit, ordering: .relaxed)
        return before & Self.closedBit == 0 ? before >> 2 : 0
    }

    /// Reopens the word after ``close()``.
    func reopen() {
        word.store(0, ordering: .relaxed)
    }

    /// Marks the word as free, so that threads that add need not announce their units.
    func free() {
        word.bitwiseOr(Self.freeBit, ordering: .relaxed)
    }
}
