// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Synchronization

/// The copy of an operation that another node has.
///
/// The records arrive in order. A record whose predecessor did not arrive starts a repair: the records are read again. The
/// copy exists as long as something holds its journal.
final class Follower: Sendable {
    private struct State {
        weak var journal: ProgressJournal?
        var owner = ""
        /// The sequence of the newest record in the copy.
        var sequence: UInt64 = 0
        /// The records that arrived while the records are read.
        var waiting: [BackplaneRecord] = []
        var isReading = true
        /// Whether the last reading found no record, though the operation has not ended.
        var isMissing = false
        var lastNews: Duration
    }

    /// The most records that wait while the records are read; a record that is dropped leaves a gap, which is repaired.
    private static let mostWaiting = 64

    let id: ProgressID
    private let service: ProgressService
    private let onRepair: @Sendable () -> Void
    private let onMissing: @Sendable () -> Void
    private let state: Mutex<State>

    /// Creates a follower without a copy.
    ///
    /// - Parameters:
    ///   - id: The operation.
    ///   - service: The service of this node.
    ///   - onRepair: Called after a reading that found records which had not arrived.
    ///   - onMissing: Called if the records of an operation that has not ended are gone.
    init(
        _ id: ProgressID,
        service: ProgressService,
        onRepair: @escaping @Sendable () -> Void,
        onMissing: @escaping @Sendable () -> Void
    ) {
        self.id = id
        self.service = service
        self.onRepair = onRepair
        self.onMissing = onMissing
        state = Mutex(State(lastNews: service.configuration.clock.now()))
    }

    /// The copy; `nil` before the first reading, and after the last holder has released it.
    var journal: ProgressJournal? { state.withLock(\.journal) }

    /// The sequence of the newest record in the copy.
    var sequence: UInt64 { state.withLock(\.sequence) }

    /// The node that has the operation.
    var owner: String { state.withLock(\.owner) }

    /// Whether nothing has arrived since a time, though the operation has not ended.
    func isQuiet(since time: Duration) -> Bool {
        state.withLock { !$0.isReading && $0.lastNews < time && $0.journal?.isEnded == false }
    }

    /// Makes the copy from the records; `nil` if they hold no operation.
    func begin(with history: [BackplaneRecord]) -> ProgressJournal? {
        guard let newest = history.last, let operation = history.operation else { return nil }
        let journal = service.copy(of: operation)
        state.withLock { state in
            state.journal = journal
            state.owner = newest.owner
            state.sequence = newest.sequence
        }
        applyWaiting()
        return journal
    }

    /// Takes a record of the subscription; returns whether the caller must read the records again.
    func receive(_ record: BackplaneRecord) -> Bool {
        enum Step { case wait, ignore, apply, repair }
        let now = service.configuration.clock.now()
        let step = state.withLock { state -> Step in
            state.lastNews = now
            if state.isReading {
                if state.waiting.count < Self.mostWaiting { state.waiting.append(record) }
                return .wait
            }
            guard record.sequence > state.sequence else { return .ignore }
            guard record.previous == state.sequence else {
                state.isReading = true
                state.waiting = [record]
                return .repair
            }
            note(record, &state)
            return .apply
        }
        if step == .apply { apply(record) }
        return step == .repair || step == .ignore && beginAgain(with: record)
    }

    /// Begins to read the records again if a record has an old sequence and new content: the servers have lost newer records, and
    /// number the next ones again.
    private func beginAgain(with record: BackplaneRecord) -> Bool {
        guard let journal, case .operation(let change)? = try? NodeRecord(record.payload),
            change.epoch == journal.epoch, change.newest.revision > journal.snapshot().revision, beginReading()
        else { return false }
        state.withLock { $0.sequence = 0 }
        return true
    }

    /// Takes records that may not have arrived yet; they may arrive later, and then change nothing.
    func take(_ history: [BackplaneRecord]) {
        for record in history { apply(record) }
    }

    /// Begins to read the records again; returns `false` if they are being read.
    func beginReading() -> Bool {
        let now = service.configuration.clock.now()
        return state.withLock { state in
            guard !state.isReading, state.journal != nil else { return false }
            state.isReading = true
            state.lastNews = now
            return true
        }
    }

    /// Ends the reading of a repair; `nil` if the records could not be read.
    func endReading(_ history: [BackplaneRecord]?) {
        if let history {
            let known = state.withLock { state in
                if history.last?.sequence ?? 0 < state.sequence { state.sequence = 0 }
                return state.sequence
            }
            let news = history.filter { $0.sequence > known }
            if !news.isEmpty { onRepair() }
            noteMissing(history.isEmpty)
            for record in news {
                state.withLock { note(record, &$0) }
                apply(record)
            }
        }
        applyWaiting()
    }

    /// Notes whether a reading has found no record.
    ///
    /// A deletion leaves a record, so the records of an operation that has not ended are lost, or the operation was deleted
    /// long ago. Its node writes them again if it has the operation. Otherwise its watchers connect again after the next reading, and
    /// learn the truth.
    private func noteMissing(_ isMissing: Bool) {
        let wasMissing = state.withLock { state in
            defer { state.isMissing = isMissing }
            return state.isMissing
        }
        guard isMissing, let journal else { return }
        if journal.isEnded {
            journal.remove(.expired)
        } else if wasMissing {
            journal.remove(.moved)
        } else {
            onMissing()
        }
    }

    private func applyWaiting() {
        while let record = takeWaiting() { apply(record) }
    }

    private func takeWaiting() -> BackplaneRecord? {
        state.withLock { state in
            while !state.waiting.isEmpty {
                let record = state.waiting.removeFirst()
                guard record.sequence > state.sequence else { continue }
                note(record, &state)
                return record
            }
            state.isReading = false
            return nil
        }
    }

    private func note(_ record: BackplaneRecord, _ state: inout State) {
        state.sequence = record.sequence
        state.owner = record.owner
        state.isMissing = false
    }

    private func apply(_ record: BackplaneRecord) {
        guard let journal else { return }
        switch try? NodeRecord(record.payload) {
        case .operation(let change) where change.epoch == journal.epoch: journal.follow(change)
        // A new run has replaced the operation. Its watchers have its end, or connect again.
        case .operation: if !journal.isEnded { journal.remove(.moved) }
        case .removed: journal.remove(.deleted)
        case nil: break
        }
    }
}
