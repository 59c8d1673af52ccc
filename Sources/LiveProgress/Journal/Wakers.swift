// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The wakers of a journal, and whether they must be woken.
///
/// A woken waker will read. Until a reader has read, another wake has no use. So a worker pays for waking once per
/// reading, not once per report.
struct Wakers: Sendable {
    typealias List = ContiguousArray<any ProgressWaker>

    private var byNumber: [UInt64: any ProgressWaker] = [:]
    private var nextNumber: UInt64 = 0
    /// The wakers as a list; `nil` until it is needed again.
    private var list: List? = []
    /// Whether a reader has read, or the wakers have changed, since the last wake.
    private var hasBeenRead = false

    var isEmpty: Bool { byNumber.isEmpty }

    mutating func add(_ waker: any ProgressWaker) -> UInt64 {
        nextNumber += 1
        set(nextNumber, waker)
        return nextNumber
    }

    /// Sets or removes the waker of a number; numbers from ``add(_:)`` start at 1.
    mutating func set(_ number: UInt64, _ waker: (any ProgressWaker)?) {
        byNumber[number] = waker
        list = byNumber.isEmpty ? [] : nil
        hasBeenRead = true
    }

    mutating func noteReading() {
        hasBeenRead = true
    }

    /// Returns the wakers to wake after the lock is released; empty if no reader has read since the last wake.
    mutating func take() -> List {
        guard hasBeenRead else { return [] }
        hasBeenRead = false
        if let list { return list }
        let made = List(byNumber.values)
        list = made
        return made
    }
}
