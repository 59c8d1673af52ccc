// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@testable internal import LiveProgress

/// A simple model of a journal that keeps every revision.
struct JournalModel {
    /// A revision without times, which the model does not know.
    struct Revision: Equatable {
        var revision: UInt64 = 0
        var status = ProgressStatus.pending
        var state = ProgressSnapshot.initialState
        var details = JSONValue.null
        var completed: Int64?
        var total: Int64?
        var attempt = 1
        var title: String?
        var isCancellable = false
        var outcome: ProgressOutcome?
    }

    struct Event: Equatable {
        var kind: ProgressEvent.Kind
        var revision: Revision
        var skipped: UInt64 = 0
        var resumed: Bool?
    }

    struct Reading {
        var events: [Event]
        var position: UInt64
        var isFinished: Bool
        var isRemoved: Bool
    }

    private let capacity: Int
    private var history = [Revision()]
    /// Whether the newest revision is a tick that has not been read.
    private var isTickOpen = false
    private var counts: (completed: Int64, total: Int64?)?
    private var isRemoved = false
    private(set) var refusedReports = 0
    private(set) var hasUnreadTransition = false

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// The counts to show; the total is never less than the count.
    private var shownCounts: (completed: Int64?, total: Int64?) {
        (counts?.completed, counts.flatMap { counts in counts.total.map { max($0, counts.completed) } })
    }

    var newest: Revision { history[history.count - 1] }
    private var isOver: Bool { isRemoved || newest.outcome != nil }

    // MARK: Writing

    mutating func update(_ argument: Int64) -> Bool {
        guard admit() else { return false }
        transition { next in
            next.status = next.status == .cancelling ? .cancelling : .running
            next.state = "S\(argument)"
            next.details = .integer(argument)
        }
        return true
    }

    mutating func advance(by count: Int64) -> Bool {
        guard admit() else { return false }
        let before = counts ?? (0, nil)
        counts = (before.completed + max(0, count), before.total)
        openTick()
        return true
    }

    mutating func setCounts(completed: Int64, total: Int64?) -> Bool {
        guard admit() else { return false }
        counts = (max(completed, counts?.completed ?? 0), total)
        openTick()
        return true
    }

    mutating func apply(_ report: ProgressReport) -> Bool {
        guard admit() else { return false }
        if let attempt = report.attempt, !(newest.attempt...newest.attempt + 1).contains(attempt) {
            refusedReports += 1
            return false
        }
        let isNews = report != ProgressReport() || newest.status == .pending
        guard isNews else {
            seal()
            return true
        }
        seal()
        if let attempt = report.attempt, attempt > newest.attempt { counts = nil }
        count(report)
        transition { next in
            if next.status != .cancelling { next.status = .running }
            if let state = report.state { (next.state, next.details) = (state, .null) }
            if let details = report.details { next.details = details }
            if let attempt = report.attempt { next.attempt = attempt }
            if let title = report.title { next.title = title }
            if let isCancellable = report.isCancellable { next.isCancellable = isCancellable }
            guard let outcome = report.outcome else { return }
            next.outcome = outcome
            next.status = outcome.status
            if report.state == nil { next.state = Self.lastState(of: outcome) }
        }
        return true
    }

    private mutating func count(_ report: ProgressReport) {
        guard report.completedCount != nil || report.totalCount != nil || report.advance != nil else { return }
        let before = counts ?? (0, nil)
        counts = (
            max(report.completedCount ?? 0, before.completed) + (report.advance ?? 0),
            report.totalCount.map(\.count) ?? before.total
        )
    }

    mutating func requestCancel() -> Bool {
        guard !isOver, newest.isCancellable else { return false }
        if newest.status != .cancelling { transition { $0.status = .cancelling } }
        return true
    }

    mutating func remove() -> Bool {
        defer { isRemoved = true }
        return !isRemoved
    }

    private mutating func admit() -> Bool {
        if isOver { refusedReports += 1 }
        return !isOver
    }

    private mutating func openTick() {
        guard !isTickOpen else { return }
        isTickOpen = true
        var tick = newest
        tick.revision += 1
        if tick.status == .pending { tick.status = .running }
        history.append(tick)
    }

    private mutating func seal() {
        guard isTickOpen else { return }
        isTickOpen = false
        (history[history.count - 1].completed, history[history.count - 1].total) = shownCounts
    }

    private mutating func transition(_ change: (inout Revision) -> Void) {
        seal()
        let isCounted = newest.completed != nil || counts != nil
        var next = newest
        next.revision += 1
        if isCounted { (next.completed, next.total) = shownCounts }
        change(&next)
        history.append(next)
        hasUnreadTransition = true
    }
}

extension JournalModel {
    // MARK: Reading

    mutating func snapshot() -> Revision {
        seal()
        hasUnreadTransition = false
        return newest
    }

    mutating func open(at cursor: ProgressCursor?) -> Reading {
        let newest = snapshot()
        let kind: ProgressEvent.Kind = newest.outcome == nil ? .snapshot : .end
        guard let cursor, cursor.epoch == "e", cursor.revision <= newest.revision else {
            return reading([Event(kind: kind, revision: newest, resumed: false)])
        }
        guard cursor.revision + 1 >= oldest else {
            let skipped = newest.revision - cursor.revision - 1
            return reading([Event(kind: kind, revision: newest, skipped: skipped, resumed: false)])
        }
        var events = events(after: cursor.revision)
        if !events.isEmpty {
            events[0].kind = events[0].kind == .end ? .end : .snapshot
            events[0].resumed = true
        }
        return reading(events)
    }

    mutating func read(after revision: UInt64) -> Reading {
        let newest = snapshot()
        guard revision < newest.revision else { return reading([]) }
        guard revision + 1 < oldest else { return reading(events(after: revision)) }
        let kind: ProgressEvent.Kind = newest.outcome == nil ? .update : .end
        return reading([Event(kind: kind, revision: newest, skipped: newest.revision - revision - 1)])
    }

    /// The oldest revision that is still kept.
    private var oldest: UInt64 { UInt64(max(0, history.count - capacity)) }

    private func events(after revision: UInt64) -> [Event] {
        history.dropFirst(Int(revision) + 1).map { Event(kind: $0.outcome == nil ? .update : .end, revision: $0) }
    }

    private func reading(_ events: [Event]) -> Reading {
        let isFinished = newest.outcome != nil
        return Reading(events: events, position: newest.revision, isFinished: isFinished, isRemoved: isRemoved)
    }
}

extension JournalModel {
    /// Returns the state of an end whose worker reported none.
    private static func lastState(of outcome: ProgressOutcome) -> String {
        switch outcome {
        case .succeeded: "Succeeded"
        case .failed: "Failed"
        case .cancelled: "Cancelled"
        }
    }

    /// Returns one of several kinds of reports.
    static func report(of argument: Int64) -> ProgressReport {
        var report = ProgressReport()
        switch argument % 8 {
        case 0: break
        case 1: report.title = "T\(argument)"
        case 2: report.isCancellable = argument % 16 < 8
        case 3: report.attempt = Int(argument / 8)
        case 4: (report.completedCount, report.totalCount) = (argument / 8, argument % 16 < 8 ? .unknown : 64)
        case 5: report.details = .integer(argument)
        case 6: (report.state, report.advance) = ("R\(argument)", argument / 8)
        default: (report.attempt, report.completedCount, report.totalCount) = (Int(argument / 8), 1, 64)
        }
        return report
    }
}
