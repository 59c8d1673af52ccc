// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import LiveProgress

/// What a node still has to write of its operations: a pure state machine.
///
/// Each operation has at most one write in progress. A write takes everything that was noted before it began, so a caller
/// waits for the numbers of the notes before its call.
struct WriteLedger: Sendable {
    /// One operation of the node.
    struct Entry: Sendable {
        let journal: ProgressJournal
        /// The sequence of the operation's newest record; 0 if it has none.
        var sequence: UInt64
        /// The reason why the last write failed; `nil` if it succeeded.
        fileprivate(set) var failure: String?
        /// The date until which the removal of the operation is remembered; `nil` if it is not removed.
        var tombstoneUntil: Date?
        /// The number of the last note.
        fileprivate(set) var noted: UInt64 = 0
        /// The last note that is written.
        fileprivate var written: UInt64 = 0
        fileprivate var isWriting = false

        fileprivate init(_ journal: ProgressJournal, at sequence: UInt64) {
            self.journal = journal
            self.sequence = sequence
        }
    }

    private var entries: [ProgressID: Entry] = [:]
    /// The sequences of removals, which new runs replace.
    private var removals: [ProgressID: UInt64] = [:]
    /// The callers that wait, with the note of each operation that must be written.
    private var waits: [UInt64: [ProgressID: UInt64]] = [:]
    /// The operations that another node has now, for the waits that begin later.
    private var lost: Set<ProgressID> = []
    /// The waits for an operation that another node has now.
    private var lostWaits: Set<UInt64> = []
    private var lastWait: UInt64 = 0

    /// The number of operations with changes that are not written.
    var waitingCount: Int { entries.values.count { $0.noted > $0.written } }

    /// Whether a caller waits for an operation.
    func isAwaited(_ id: ProgressID) -> Bool {
        waits.values.contains { $0[id] != nil }
    }

    /// Begins to keep an operation whose newest record has a sequence.
    mutating func add(_ journal: ProgressJournal, at sequence: UInt64) {
        entries[journal.id] = Entry(journal, at: sequence)
        lost.remove(journal.id)
    }

    /// Notes a change; returns whether the caller must start to write the operation.
    mutating func note(_ journal: ProgressJournal, tombstoneUntil: Date? = nil) -> Bool {
        let id = journal.id
        if entries[id]?.journal !== journal {
            // A removal of a former run changes nothing.
            guard tombstoneUntil == nil else { return false }
            let former = entries[id]
            var entry = Entry(journal, at: former?.sequence ?? removals.removeValue(forKey: id) ?? 0)
            (entry.noted, entry.written, entry.isWriting) = (
                former?.noted ?? 0, former?.written ?? 0, former?.isWriting ?? false
            )
            entries[id] = entry
            lost.remove(id)
        }
        entries[id]?.noted += 1
        entries[id]?.tombstoneUntil = tombstoneUntil
        guard entries[id]?.isWriting == false else { return false }
        entries[id]?.isWriting = true
        return true
    }

    /// Notes that an operation was removed, with the sequence of that record, which a new run replaces.
    mutating func noteRemoval(_ id: ProgressID, at sequence: UInt64) {
        // Only a creation that follows at once uses it.
        if removals.count >= 1000 { removals = [:] }
        removals[id] = sequence
    }

    /// Returns an operation whose write begins.
    func entry(_ id: ProgressID) -> Entry? { entries[id] }

    /// Notes that a record was written, or that there was nothing to write.
    ///
    /// - Parameters:
    ///   - entry: The operation as it was when the write began.
    ///   - sequence: The sequence of the operation's newest record.
    /// - Returns: Whether there is more to write.
    mutating func noteWritten(_ entry: Entry, at sequence: UInt64) -> Bool {
        let id = entry.journal.id
        entries[id]?.sequence = sequence
        entries[id]?.written = entry.noted
        entries[id]?.failure = nil
        for wait in waits.keys where waits[wait]?[id].map({ $0 <= entry.noted }) ?? false { waits[wait]?[id] = nil }
        guard let current = entries[id], current.noted == entry.noted else { return entries[id] != nil }
        entries[id]?.isWriting = false
        if entry.tombstoneUntil != nil {
            entries[id] = nil
            noteRemoval(id, at: sequence)
        }
        return false
    }

    /// The operations whose changes are all written, with the sequences of their newest records; removed ones are not included.
    var written: [ProgressID: UInt64] {
        entries.filter { $0.value.sequence > 0 && $0.value.noted == $0.value.written && $0.value.tombstoneUntil == nil }
            .mapValues(\.sequence)
    }

    /// Notes that the next write of each operation may succeed.
    mutating func forgetFailures() {
        for id in entries.keys { entries[id]?.failure = nil }
    }

    /// Notes that a write has failed.
    mutating func noteFailure(_ id: ProgressID, _ reason: String) { entries[id]?.failure = reason }

    /// The reason why the operation of a wait cannot be written now; `nil` if a write has not failed.
    func failure(of wait: UInt64) -> String? {
        waits[wait]?.keys.lazy.compactMap { entries[$0]?.failure }.first
    }

    /// Corrects the sequence of an operation's newest record.
    mutating func correct(_ journal: ProgressJournal, to sequence: UInt64) {
        if entries[journal.id]?.journal === journal { entries[journal.id]?.sequence = sequence }
    }

    /// Removes an operation that another node has now, and ends the waits for it.
    mutating func remove(_ id: ProgressID) {
        for wait in waits.keys where waits[wait]?.removeValue(forKey: id) != nil { lostWaits.insert(wait) }
        entries[id] = nil
        // A request that applied its change before waits within moments.
        if lost.count >= 100_000 { lost = [] }
        lost.insert(id)
    }

    /// Begins to wait for everything that was noted, of one operation or of all; returns the number of the wait.
    mutating func beginWait(for id: ProgressID? = nil) -> UInt64 {
        lastWait += 1
        let awaited = if let id { entries[id].map { [id: $0] } ?? [:] } else { entries }
        if let id, lost.contains(id) { lostWaits.insert(lastWait) }
        waits[lastWait] = awaited.filter { $0.value.noted > $0.value.written }.mapValues(\.noted)
        return lastWait
    }

    /// Whether everything that a wait is about is written, or belongs to another node now.
    func isComplete(_ wait: UInt64) -> Bool {
        waits[wait]?.isEmpty ?? true
    }

    /// Whether another node has an operation that a wait is about.
    func isLost(_ wait: UInt64) -> Bool { lostWaits.contains(wait) }

    mutating func endWait(_ wait: UInt64) {
        waits[wait] = nil
        lostWaits.remove(wait)
    }
}
