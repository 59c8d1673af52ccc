// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressWire
import NIOCore

@testable import LiveProgress
@testable import LiveProgressTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#elseif canImport(Glibc)
    import Glibc
#endif

/// An operation of a schedule, its worker, and the expected content of its messages.
///
/// Only the schedule's thread reports, so every report is known before a message is checked.
final class ScheduleOperation {
    /// A report and its revision.
    private struct Report {
        let revision: UInt64
        let details: Range<Int>?
        let completedCount: Int64
        let isEnd: Bool
    }

    static let largestDetails = 200_000

    /// Letters and digits without a pattern, so that a check detects bytes from a wrong position.
    private static let letters: [UInt8] = {
        var random = SeededGenerator(seed: 7)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
        return (0..<2 * largestDetails).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
    }()

    let id: ProgressID
    let journal: ProgressJournal
    private let tracker: ProgressTracker
    private let capacity: Int
    private let isCancellable: Bool
    private var reports = [Report(revision: 0, details: nil, completedCount: 0, isEnd: false)]
    private var advanced: Int64 = 0
    /// The snapshots of revisions without a report: ticks and requests to cancel.
    private var found: [UInt64: ProgressSnapshot] = [:]

    init(service: ProgressService, settings: ScheduleSettings) throws {
        let options = ProgressOptions(isCancellable: settings.isCancellable)
        tracker = try service.createProgress(options: options)
        id = tracker.id
        journal = try service.getJournal(id)
        capacity = settings.journalCapacity
        isCancellable = settings.isCancellable
        tracker.setCounts(total: 1_000_000)
    }

    /// The newest revision of a report.
    var reported: UInt64 { reports[reports.count - 1].revision }
    /// The number of reports; the state of the last report contains this number.
    var reportCount: Int { reports.count - 1 }
    var takesCancel: Bool { isCancellable }

    // MARK: The worker

    /// Reports details from a random position in the letters.
    func report(size: Int, outcome: ProgressOutcome? = nil, using random: inout SeededGenerator) throws {
        let start = Int.random(in: 0..<Self.largestDetails, using: &random)
        let details = start..<start + size
        let text = String(decoding: Self.letters[details], as: UTF8.self)
        var report = ProgressReport(state: "Step \(reports.count)", details: .string(text))
        report.outcome = outcome
        let snapshot = try journal.report(report)
        reports.append(
            Report(
                revision: snapshot.revision,
                details: details,
                completedCount: advanced,
                isEnd: outcome != nil
            )
        )
    }

    func advance(by count: Int64) {
        tracker.advance(by: count)
        advanced += count
    }

    // MARK: Checks

    /// Checks an event and its details.
    func check(_ event: ProgressEvent, details: ByteBuffer?) throws(ScheduleFailure) {
        let snapshot = event.snapshot
        let index = lastReport(at: snapshot.revision)
        let report = reports[index]
        guard snapshot.id == id else { throw ScheduleFailure("an event of \(snapshot.id), not of \(id)") }
        guard snapshot.state == (index == 0 ? ProgressSnapshot.initialState : "Step \(index)") else {
            throw ScheduleFailure("revision \(snapshot.revision) has the state \(snapshot.state), not that of \(index)")
        }
        try check(details, of: index)
        guard event.skipped == 0 || event.skipped >= capacity else {
            throw ScheduleFailure("\(event.skipped) revisions were skipped that the journal still had")
        }
        let isEnd = report.isEnd && report.revision == snapshot.revision
        guard (event.kind == .end) == isEnd, (snapshot.outcome != nil) == isEnd else {
            throw ScheduleFailure("revision \(snapshot.revision) came as \(event.kind)")
        }
        let completed = snapshot.counts?.completedCount ?? 0
        if report.revision == snapshot.revision, index > 0 {
            guard completed == report.completedCount else {
                throw ScheduleFailure("revision \(snapshot.revision) has \(completed), not \(report.completedCount)")
            }
        } else {
            try checkUnreported(snapshot, between: report, and: index + 1 < reports.count ? reports[index + 1] : nil)
        }
    }

    /// Checks a message without a revision; returns the index of its report, which must not be below `earlier`.
    func check(state: String, details: ByteBuffer?, after earlier: Int) throws(ScheduleFailure) -> Int {
        let index = state == ProgressSnapshot.initialState ? 0 : Int(state.dropFirst(5)) ?? -1
        guard index >= earlier, index < reports.count else {
            throw ScheduleFailure("\(state) came after Step \(earlier)")
        }
        try check(details, of: index)
        return index
    }

    private func lastReport(at revision: UInt64) -> Int {
        var (low, high) = (0, reports.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if reports[middle].revision <= revision { low = middle } else { high = middle }
        }
        return low
    }

    private func check(_ details: ByteBuffer?, of index: Int) throws(ScheduleFailure) {
        let expected = reports[index].details
        guard details?.readableBytes == expected?.count else {
            throw ScheduleFailure("details of \(details?.readableBytes ?? 0) bytes, not \(expected?.count ?? 0)")
        }
        guard let details, let expected else { return }
        let isSame = details.withUnsafeReadableBytes { bytes in
            Self.letters.withUnsafeBytes { letters in
                guard let letters = letters.baseAddress, let bytes = bytes.baseAddress else { return expected.isEmpty }
                return memcmp(letters + expected.lowerBound, bytes, expected.count) == 0
            }
        }
        guard isSame else { throw ScheduleFailure("other details than were reported as Step \(index)") }
    }

    /// Checks a tick or a request to cancel: its count is between its neighbours, and all watchers see the same
    /// snapshot.
    private func checkUnreported(
        _ snapshot: ProgressSnapshot,
        between before: Report,
        and after: Report?
    ) throws(ScheduleFailure) {
        let completed = snapshot.counts?.completedCount ?? 0
        guard completed >= before.completedCount, completed <= after?.completedCount ?? advanced else {
            throw ScheduleFailure("revision \(snapshot.revision) counts \(completed)")
        }
        guard let known = found.updateValue(snapshot, forKey: snapshot.revision) else { return }
        guard known == snapshot else { throw ScheduleFailure("revision \(snapshot.revision) has changed") }
    }
}
