// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Who is to be woken, and whether that is still to be done.
///
/// Who was woken will read. Until somebody has read, to wake them again would tell them nothing: so a worker pays for
/// waking once for each reading, and not for each report.
struct Wakers: Sendable {
    typealias List = ContiguousArray<any ProgressWaker>

    private var byNumber: [UInt64: any ProgressWaker] = [:]
    private var nextNumber: UInt64 = 0
    /// The same as a list, made when it is next needed.
    private var list: List? = []
    /// Whether somebody has read, or came to read, since all were last woken.
    private var hasBeenRead = false

    var isEmpty: Bool { byNumber.isEmpty }

    mutating func add(_ waker: any ProgressWaker) -> UInt64 {
        nextNumber += 1
        set(nextNumber, waker)
        return nextNumber
    }

    /// Puts a waker at a number of the caller's choice, or takes it away; numbers from ``add(_:)`` count from 1.
    mutating func set(_ number: UInt64, _ waker: (any ProgressWaker)?) {
        byNumber[number] = waker
        list = byNumber.isEmpty ? [] : nil
        hasBeenRead = true
    }

    mutating func noteReading() {
        hasBeenRead = true
    }

    /// Those to be woken now, once the lock is released; none where all have been, and nobody has read since.
    mutating func take() -> List {
        guard hasBeenRead else { return [] }
        hasBeenRead = false
        if let list { return list }
        let made = List(byNumber.values)
        list = made
        return made
    }
}
