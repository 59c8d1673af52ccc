// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWire

/// One request of a ``ServerDelivery``; a repeat has the same key and the same body.
struct DeliveryRequest: Sendable, Hashable {
    enum Kind: Sendable, Hashable { case creation, reports, renewal }

    var kind: Kind
    /// The `Idempotency-Key`.
    var key: String
    /// The body: JSON, or one line of JSON for each report.
    var body: [UInt8]
    /// The number of reports in the body.
    var lineCount = 0
    /// Whether the last report ends the operation.
    var hasEnd = false
    /// Whether the response should come after the change is durable.
    var isDurable = false
}

/// The reports that a server does not have yet, and the snapshot that it has after them.
struct DeliveryLines: Sendable {
    private struct Line: Sendable {
        let number: UInt64
        let reading: UInt64
        let report: ProgressReport
        let bytes: [UInt8]
        /// Whether this is the last report of the worker.
        let isLast: Bool
    }

    /// The largest size of a request with several lines, in bytes.
    private static let maximumSize = 128 * 1024

    /// The epoch of the journal, which makes the keys of the requests unique.
    let epoch: String
    /// Whether another process ends the operation, so that the end of this worker's journal is not reported.
    private let isGuest: Bool
    private var waiting: [Line] = []
    private var lastNumber: UInt64 = 0
    /// The snapshot that the server has after the waiting lines; `nil` if a line was lost.
    private var known: ProgressSnapshot?
    /// The newest change that was read.
    private var newest: StoredOperation?
    /// The names of all labels that the operation has had, so that a label can be removed again.
    private var labelNames: Set<String> = []
    private var knownBaseline: Int64 = 0
    private var knownUnitsOfParts = 0.0
    /// Whether the next request may have one line only, because a larger one was refused.
    private var isSingle = false

    /// Creates an empty queue.
    ///
    /// - Parameters:
    ///   - epoch: The epoch of the journal.
    ///   - known: The snapshot that the server has, or will have after the creation.
    ///   - isGuest: Whether another process ends the operation.
    init(epoch: String, known: ProgressSnapshot, isGuest: Bool = false) {
        self.epoch = epoch
        self.known = known
        self.isGuest = isGuest
    }

    var isEmpty: Bool { waiting.isEmpty }

    /// Whether the journal has ended, so that no line follows.
    var isOver: Bool { newest?.newest.outcome != nil }

    /// The reading of the oldest waiting line.
    var firstReading: UInt64? { waiting.first?.reading }

    // MARK: Adding

    /// Adds the reports for a change of the journal.
    mutating func append(_ change: StoredOperation, reading: UInt64) {
        newest = change
        for revision in change.revisions.dropLast() { append(to: revision.snapshot, nil, reading) }
        append(to: change.newest, change.counts, reading)
    }

    /// Begins again from the snapshot of a server that may have lost reports.
    mutating func restart(from snapshot: ProgressSnapshot, reading: UInt64) {
        guard let newest else { return }
        waiting = []
        known = snapshot
        (knownBaseline, knownUnitsOfParts) = (0, 0)
        append(to: newest.newest, newest.counts, reading)
    }

    private mutating func append(to snapshot: ProgressSnapshot, _ counts: StoredOperation.Counts?, _ reading: UInt64) {
        let isLast = snapshot.outcome != nil
        labelNames.formUnion(snapshot.labels.keys)
        // Nothing can follow the end, so it says everything: the server may have lost earlier reports in a crash.
        if isLast, !isGuest { forget() }
        var reports = SnapshotDifference.reports(from: known, to: snapshot)
        if known == nil, let last = reports.indices.last {
            let gone = labelNames.subtracting(snapshot.labels.keys)
            reports[last].labels = gone.reduce(into: reports[last].labels) { $0 = ($0 ?? [:]).merging([$1: ""]) { $1 } }
        }
        if isLast, isGuest { reports = reports.map(\.countsAlone).filter { $0 != ProgressReport() } }
        if known?.attempt != snapshot.attempt { (knownBaseline, knownUnitsOfParts) = (0, 0) }
        known = snapshot
        if let counts {
            let baseline = counts.baselineCount == knownBaseline ? nil : counts.baselineCount
            let units = counts.unitsOfParts == knownUnitsOfParts ? nil : counts.unitsOfParts
            if reports.isEmpty, baseline != nil || units != nil { reports.append(ProgressReport()) }
            if let last = reports.indices.last {
                reports[last].baselineCount = baseline
                reports[last].unitsOfParts = units
            }
            (knownBaseline, knownUnitsOfParts) = (counts.baselineCount, counts.unitsOfParts)
        }
        for (index, report) in reports.enumerated() {
            append(report, isLast: isLast && index == reports.count - 1, reading)
        }
    }

    private mutating func append(_ report: ProgressReport, isLast: Bool, _ reading: UInt64) {
        lastNumber += 1
        let bytes = ProgressReportBody.encodeReport(report)
        waiting.append(Line(number: lastNumber, reading: reading, report: report, bytes: bytes, isLast: isLast))
    }

    /// Makes the next change report everything.
    private mutating func forget() {
        known = nil
        (knownBaseline, knownUnitsOfParts) = (0, 0)
    }

    // MARK: Sending

    /// Returns a request with the oldest lines; there must be at least one.
    func request(isDurable: Bool) -> DeliveryRequest {
        var body = waiting[0].bytes
        var count = 1
        while !isSingle, count < waiting.count, body.count + waiting[count].bytes.count < Self.maximumSize {
            body.append(UInt8(ascii: "\n"))
            body += waiting[count].bytes
            count += 1
        }
        let last = waiting[count - 1]
        return DeliveryRequest(
            kind: .reports,
            key: "\(epoch)-\(waiting[0].number)-\(last.number)",
            body: body,
            lineCount: count,
            hasEnd: last.isLast,
            isDurable: isDurable || last.report.outcome != nil
        )
    }

    /// Returns a request that changes nothing and renews the lease.
    mutating func emptyRequest(isDurable: Bool) -> DeliveryRequest {
        lastNumber += 1
        return DeliveryRequest(
            kind: .renewal,
            key: "\(epoch)-\(lastNumber)",
            body: Array("{}".utf8),
            isDurable: isDurable
        )
    }

    /// Removes the lines of a request that was accepted.
    mutating func complete(_ request: DeliveryRequest) {
        waiting.removeFirst(min(request.lineCount, waiting.count))
        isSingle = false
    }

    /// Removes the lines that were applied, and the line that was refused.
    ///
    /// - Parameters:
    ///   - request: The request that was refused.
    ///   - applied: The number of lines before the refused one; `nil` if the request was refused as a whole.
    /// - Returns: Whether a line was removed because it was refused.
    mutating func drop(from request: DeliveryRequest, applied: Int?) -> Bool {
        if applied == nil, request.lineCount > 1 {
            // The request may be too large; the lines one by one may not.
            isSingle = true
            return false
        }
        waiting.removeFirst(min(max(applied ?? 0, 0), waiting.count - 1))
        let refused = waiting.removeFirst()
        // The server lacks what the line had.
        forget()
        if let outcome = refused.report.outcome, let plain = outcome.plain, plain != refused.report.outcome {
            append(ProgressReport(outcome: plain), isLast: true, refused.reading)
        }
        return true
    }
}

extension ProgressOutcome {
    /// The outcome without its large parts, for a server that refuses them.
    fileprivate var plain: ProgressOutcome? {
        switch self {
        case .succeeded: .succeeded()
        case .failed(let problem): .failed(ProgressProblem(type: problem.type, title: problem.title))
        case .cancelled: nil
        }
    }
}

extension ProgressReport {
    /// The report with its counts alone.
    fileprivate var countsAlone: ProgressReport {
        ProgressReport(
            completedCount: completedCount,
            totalCount: totalCount,
            unit: unit,
            fractionCompleted: fractionCompleted
        )
    }
}
