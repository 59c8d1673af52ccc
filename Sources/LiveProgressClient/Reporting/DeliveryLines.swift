// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWire

/// The reports that a server does not have yet, and the snapshot that it has after them.
struct DeliveryLines: Sendable {
    private struct Line: Sendable {
        let number: UInt64
        let reading: UInt64
        let report: ProgressReport
        /// Whether this is the last report of the worker.
        let isLast: Bool
        /// The number of the question that is open after the report; `nil` if none is.
        let question: Int?
    }

    /// The largest size of a request with several lines, in bytes.
    private static let maximumSize = 128 * 1024

    /// The epoch of the journal, which makes the keys of the requests unique.
    let epoch: String
    /// The name of the worker: the server refuses it after another worker has replaced the operation.
    private let worker: String?
    /// Whether another process ends the operation, so that the end of this worker's journal is not reported.
    private let isGuest: Bool
    private var waiting: [Line] = []
    private var lastNumber: UInt64 = 0
    /// The snapshot that the server has after the waiting lines, as far as this worker has reported it.
    private var known: ProgressSnapshot
    private var ownHead = OwnHead()
    private var knownBaseline: Int64 = 0
    /// The units of running parts that the server has; `nil` if they must be reported again.
    private var knownUnitsOfParts: Double? = 0
    /// The newest change that was read.
    private var newest: StoredOperation?
    /// The worker's question that the server has closed, so that its end is not reported.
    private var closedQuestion: Int?
    /// Whether the server lacks a line, because it has refused the line.
    private var hasLost = false
    /// Whether the waiting lines are sent one by one, because a larger request was refused.
    private var isSingle = false

    /// Creates an empty queue.
    ///
    /// - Parameters:
    ///   - epoch: The epoch of the journal.
    ///   - known: The snapshot that the server has, or will have after the creation.
    ///   - worker: The name of the worker; `nil` if others may report too.
    ///   - isGuest: Whether another process ends the operation.
    init(epoch: String, known: ProgressSnapshot, worker: String? = nil, isGuest: Bool = false) {
        self.epoch = epoch
        self.known = known
        self.worker = worker
        self.isGuest = isGuest
    }

    var isEmpty: Bool { waiting.isEmpty }

    mutating func noteClosed(question number: Int) { closedQuestion = number }

    /// Whether the journal has ended, so that no line follows.
    var isOver: Bool { newest?.newest.outcome != nil }

    /// The question that is open in the journal, if any; the server has not closed it.
    var openQuestion: ProgressQuestion.Open? {
        newest?.newest.waitingFor.flatMap { $0.number == closedQuestion ? nil : $0 }
    }

    /// The reading of the oldest waiting line.
    var firstReading: UInt64? { waiting.first?.reading }

    // MARK: Adding

    /// Adds the reports for a change of the journal.
    ///
    /// - Parameters:
    ///   - change: The change.
    ///   - reading: The number of the reading.
    ///   - onServer: The operation as the server has it, if known; no line is waiting.
    mutating func append(_ change: StoredOperation, reading: UInt64, onServer: ProgressSnapshot?) {
        newest = change
        if hasLost, let onServer { rebase(on: onServer) }
        for revision in change.revisions.dropLast() { append(to: revision.snapshot, nil, reading) }
        append(to: change.newest, change.counts, reading)
    }

    /// Begins again from the snapshot of a server that may have lost reports.
    ///
    /// Others may have changed the title and the labels, and may have asked: only what this worker has changed is reported again.
    mutating func restart(from snapshot: ProgressSnapshot, reportsQuestion: Bool, reading: UInt64) {
        guard let newest else { return }
        waiting = []
        rebase(on: snapshot)
        append(to: newest.newest, newest.counts, reading, restartReportsQuestion: reportsQuestion)
    }

    private mutating func rebase(on snapshot: ProgressSnapshot) {
        known = snapshot
        (knownBaseline, knownUnitsOfParts, hasLost) = (0, nil, false)
    }

    private mutating func append(
        to snapshot: ProgressSnapshot,
        _ counts: StoredOperation.Counts?,
        _ reading: UInt64,
        restartReportsQuestion: Bool? = nil
    ) {
        let isLast = snapshot.outcome != nil
        let isRestart = restartReportsQuestion != nil
        if !isRestart { ownHead.note(from: known, to: snapshot) }
        // Nothing can follow the end, so it says everything: the server may have lost earlier reports in a crash.
        var reports = SnapshotDifference.reports(
            from: known,
            to: snapshot,
            closedQuestion: closedQuestion,
            hasQuestion: isRestart,
            isWhole: isLast && !isGuest
        )
        if isRestart {
            for index in reports.indices { (reports[index].title, reports[index].labels) = (nil, nil) }
            if reports.isEmpty { reports = [ProgressReport()] }
            // The numbers of the server are not those of the journal, so the difference does not tell.
            if restartReportsQuestion == true, !isLast, snapshot.status != .cancelling {
                reports[reports.count - 1].waitingFor = SnapshotDifference.question(openQuestion)
            }
        }
        if isLast && !isGuest || isRestart, let last = reports.indices.last {
            ownHead.add(of: snapshot, to: &reports[last])
        }
        reports.removeAll { $0 == ProgressReport() }
        if isLast, isGuest { reports = reports.map(\.countsAlone).filter { $0 != ProgressReport() } }
        if known.attempt != snapshot.attempt { (knownBaseline, knownUnitsOfParts) = (0, 0) }
        known = snapshot
        addCounts(counts, snapshot.counts, to: &reports)
        for (index, report) in reports.enumerated() {
            append(report, isLast: isLast && index == reports.count - 1, reading)
        }
    }

    /// Adds the counts that a snapshot does not show.
    private mutating func addCounts(
        _ counts: StoredOperation.Counts?,
        _ shown: ProgressCounts?,
        to reports: inout [ProgressReport]
    ) {
        var last = reports.popLast() ?? ProgressReport()
        if let baseline = counts?.baselineCount, baseline != knownBaseline {
            last.baselineCount = baseline
            knownBaseline = baseline
        }
        if let units = counts?.unitsOfParts ?? shown?.unitsOfParts {
            // A server takes completed units from these, so a report with a count says them again.
            if units != knownUnitsOfParts || units > 0 && last.completedCount != nil { last.unitsOfParts = units }
            knownUnitsOfParts = units
        }
        if last != ProgressReport() { reports.append(last) }
    }

    private mutating func append(_ report: ProgressReport, isLast: Bool, _ reading: UInt64) {
        lastNumber += 1
        let question = known.waitingFor?.number
        waiting.append(
            Line(number: lastNumber, reading: reading, report: report, isLast: isLast, question: question)
        )
    }

    // MARK: Sending

    /// Returns a request with the oldest lines; there must be at least one.
    func request(isDurable: Bool) -> DeliveryRequest {
        var first = waiting[0].report
        first.worker = worker
        var body = ProgressReportBody.encodeReport(first)
        var count = 1
        while !isSingle, count < waiting.count {
            let line = ProgressReportBody.encodeReport(waiting[count].report)
            guard body.count + line.count < Self.maximumSize else { break }
            body.append(UInt8(ascii: "\n"))
            body += line
            count += 1
        }
        let last = waiting[count - 1]
        return DeliveryRequest(
            kind: .reports,
            key: "\(epoch)-\(waiting[0].number)-\(last.number)",
            body: body,
            lineCount: count,
            hasEnd: last.isLast,
            question: last.question,
            isDurable: isDurable || last.report.outcome != nil
        )
    }

    /// Returns a request that changes nothing and renews the lease.
    mutating func emptyRequest(isDurable: Bool) -> DeliveryRequest {
        lastNumber += 1
        let body = ProgressReportBody.encodeReport(ProgressReport(worker: worker))
        return DeliveryRequest(kind: .renewal, key: "\(epoch)-\(lastNumber)", body: body, isDurable: isDurable)
    }

    /// Removes the lines of a request that was accepted.
    mutating func complete(_ request: DeliveryRequest) {
        waiting.removeFirst(min(request.lineCount, waiting.count))
        if waiting.isEmpty { isSingle = false }
    }

    /// What became of the lines of a refused request.
    enum Drop: Sendable, Hashable {
        /// The lines are sent one by one.
        case none
        /// A line was removed.
        case line
        /// The end was refused, even without its large parts.
        case end
    }

    /// Removes the lines that were applied, and the line that was refused.
    ///
    /// - Parameters:
    ///   - request: The request that was refused.
    ///   - applied: The number of lines before the refused one; `nil` if the request was refused as a whole.
    /// - Returns: What was removed.
    mutating func drop(from request: DeliveryRequest, applied: Int?) -> Drop {
        if applied == nil, request.lineCount > 1 {
            // The request may be too large; the lines one by one may not.
            isSingle = true
            return .none
        }
        waiting.removeFirst(min(max(applied ?? 0, 0), waiting.count - 1))
        let refused = waiting.removeFirst()
        hasLost = true
        guard let outcome = refused.report.outcome else { return .line }
        let bare = ProgressReport(outcome: outcome.bare)
        guard refused.report != bare else { return .end }
        append(bare, isLast: true, refused.reading)
        return .line
    }
}
