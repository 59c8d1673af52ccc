// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressWire

extension ProgressAPI {
    /// `PATCH /api/v1/progress/{id}`: one report, or a batch of one a line.
    func patch(_ id: ProgressID?, _ exchange: Exchange) async throws(Refusal) -> ProgressResponse {
        let journal = try journal(id, to: .report, exchange.access)
        let ifMatch = try exchange.condition(.ifMatch)
        let reader = try BodyReader(exchange, allowing: BodyReader.reports)
        let snapshot =
            switch reader.syntax {
            case .lines:
                try await batch(reader.lines(), after: exchange.appliedLines, to: journal, ifMatch, exchange.access)
            case .empty, .json, .form:
                try report(reader.report(), of: exchange.body.count, to: journal, ifMatch, exchange.access)
            }
        return snapshotResponse(.ok, snapshot, exchange)
    }

    /// Applies a report of so many bytes, where its operation's rate and `If-Match` allow it.
    func report(
        _ report: ProgressReport,
        of size: Int,
        to journal: ProgressJournal,
        _ ifMatch: TagCondition?,
        _ access: Access
    ) throws(Refusal) -> ProgressSnapshot {
        try access.requireReport(labels: report.labels, on: journal)
        try shared.rates.admit(report, on: journal.id, now: service.configuration.clock.now())
        let cursor = try ifMatch?.cursor(in: journal)
        do throws(ProgressError) {
            return try journal.report(report, ifMatch: cursor, size: size)
        } catch {
            throw Refusal(error)
        }
    }

    /// Applies reports in their order, up to the first that is refused; `If-Match` is about the first one.
    ///
    /// Those that were applied when the same batch came before are passed over.
    private func batch(
        _ lines: [(number: Int, bytes: ArraySlice<UInt8>)],
        after earlier: Int,
        to journal: ProgressJournal,
        _ ifMatch: TagCondition?,
        _ access: Access
    ) async throws(Refusal) -> ProgressSnapshot {
        var snapshot: ProgressSnapshot?
        for (applied, line) in lines.enumerated().dropFirst(earlier) {
            do throws(Refusal) {
                let report = try decode(line.bytes)
                let condition = applied == 0 ? ifMatch : nil
                snapshot = try self.report(report, of: line.bytes.count, to: journal, condition, access)
            } catch {
                throw error.at(line: line.number, applied: applied)
            }
            // A long batch must not keep a thread from everybody else.
            if applied % 256 == 255 { await Task.yield() }
        }
        // Nothing but empty lines is the report that says nothing.
        guard let snapshot else { return try report(ProgressReport(), of: 0, to: journal, ifMatch, access) }
        return snapshot
    }

    private func decode(_ line: ArraySlice<UInt8>) throws(Refusal) -> ProgressReport {
        do throws(WireError) {
            return try ProgressReportBody.decodeReport(json: line)
        } catch {
            throw Refusal(error)
        }
    }
}

extension TagCondition {
    /// The cursor at which the operation must be, or `nil` where any will do.
    ///
    /// - Throws: A 412 where no tag can be the current one.
    fileprivate func cursor(in journal: ProgressJournal) throws(Refusal) -> ProgressCursor? {
        guard case .tags = self else { return nil }
        let current = journal.snapshot().cursor
        guard matchesStrongly(current) else { throw Refusal(Problems.cursorMismatch(current)) }
        return current
    }
}

extension Refusal {
    /// How many lines of a batch were applied before this one was refused; `nil` where it is about no line.
    var appliedLines: Int? { problem.extensions["applied"]?.intValue.map { Int($0) } }

    /// The same refusal, saying which line of a batch it is about, and what became of those before it.
    fileprivate func at(line: Int, applied: Int) -> Refusal {
        var refusal = self
        let detail = problem.detail ?? problem.title
        refusal.problem.detail = "Line \(line): \(detail) Lines applied before it: \(applied)."
        refusal.problem.extensions["line"] = .integer(Int64(line))
        refusal.problem.extensions["applied"] = .integer(Int64(applied))
        return refusal
    }
}
