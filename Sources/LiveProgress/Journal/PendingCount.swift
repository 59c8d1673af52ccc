// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// Units that are counted without the journal's lock, until its next holder takes them: one atomic word.
///
/// The word is a count and, in its lowest bits, how counting stands. Only a holder of the lock changes the standing; everyone
/// else adds to the count, and learns by the same instruction how it stood. So each unit is counted exactly once:
/// - *free* and *held*: it is in the word, and whoever empties the word next, under the lock, counts it.
/// - *closed*: whatever is in the word is void; who added must take the lock and count it there, where it may be refused.
struct PendingCount: ~Copyable, Sendable {
    /// How counting stood when something was added.
    struct Standing {
        fileprivate let word: Int64

        /// Whether it is told already that something is counted, so that nothing is left to do.
        @inline(__always)
        var isFree: Bool { word & (fullBits | closedBit | freeBit) == freeBit }

        /// Whether what was added is void.
        var isClosed: Bool { word & closedBit != 0 }
    }

    private static let freeBit: Int64 = 1
    private static let closedBit: Int64 = 2
    private static let unit: Int64 = 4
    /// Set where so much has come together that somebody has to empty the word before it overflows.
    private static let fullBits: Int64 = .min | 1 << 62
    /// Far from any overflow, even where thousands of threads add between the word's being full and being emptied.
    private static let largest: Int64 = 1 << 48

    private let word = Atomic<Int64>(0)

    /// Whether a count can be added: it is positive, and not so large that it needs more care.
    @inline(__always)
    static func holds(_ count: Int64) -> Bool {
        UInt64(bitPattern: count &- 1) < UInt64(bitPattern: largest)
    }

    /// Adds a count that ``holds(_:)`` grants; from any thread.
    @inline(__always)
    func add(_ count: Int64) -> Standing {
        Standing(word: word.wrappingAdd(count &* Self.unit, ordering: .relaxed).oldValue)
    }

    // MARK: For the holder of the lock

    /// Empties the word; who adds next has to tell.
    @inline(__always)
    func take() -> Int64 {
        let seen = word.load(ordering: .relaxed)
        // Nothing is lost where something is added just now: it comes in the lock's next turn.
        guard seen != 0, seen & Self.closedBit == 0 else { return 0 }
        return word.exchange(0, ordering: .relaxed) >> 2
    }

    /// Empties the word for good, or until ``reopen()``.
    func close() -> Int64 {
        let before = word.exchange(Self.closedBit, ordering: .relaxed)
        return before & Self.closedBit == 0 ? before >> 2 : 0
    }

    /// Takes back ``close()``.
    func reopen() {
        word.store(0, ordering: .relaxed)
    }

    /// Lets others add without telling.
    func free() {
        word.bitwiseOr(Self.freeBit, ordering: .relaxed)
    }
}
