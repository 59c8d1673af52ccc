// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
@_spi(Server) import LiveProgress
import LiveProgressWire

extension ProgressAPI {
    /// Handles `PATCH /api/v1/progress/{id}`: one report, or a batch with one report per line.
    func patch(_ id: ProgressID?, _ call: APICall) async throws(Refusal) -> ProgressResponse {
        let journal = try journal(id, to: .report, call.permissions)
        let ifMatch = try call.condition(.ifMatch)
        let reader = try BodyReader(call, allowing: BodyReader.reports)
        let snapshot =
            switch reader.syntax {
            case .lines:
                try await batch(reader.lines(), to: journal, ifMatch, call)
            case .empty, .json, .form:
                try report(reader.report(), of: call.body.count, to: journal, ifMatch, call)
            }
        return snapshotResponse(.ok, snapshot, call)
    }

    /// Applies a report of `size` bytes, if the permissions, the report rate and `If-Match` allow the report.
    func report(
        _ report: ProgressReport,
        of size: Int,
        to journal: ProgressJournal,
        _ ifMatch: TagCondition?,
        _ call: APICall
    ) throws(Refusal) -> ProgressSnapshot {
        try call.permissions.requireReport(labels: report.labels, on: journal)
        try shared.rates.admit(report, on: journal.id, now: service.configuration.clock.now())
        let cursor = try ifMatch?.cursor(in: journal)
        do throws(ProgressError) {
            return try journal.report(report, ifMatch: cursor, size: size, receipt: call.receipt)
        } catch {
            throw Refusal(error)
        }
    }

    /// Applies the reports of a batch in order, up to the first refused line; `If-Match` applies to the first line.
    ///
    /// The first ``APICall/appliedLines`` lines are skipped, because an earlier request with the same batch applied them.
    private func batch(
        _ lines: [(number: Int, bytes: ArraySlice<UInt8>)],
        to journal: ProgressJournal,
        _ ifMatch: TagCondition?,
        _ call: APICall
    ) async throws(Refusal) -> ProgressSnapshot {
        var call = call
        var snapshot: ProgressSnapshot?
        for (applied, line) in lines.enumerated().dropFirst(call.appliedLines) {
            do throws(Refusal) {
                let report = try decode(line.bytes)
                let condition = applied == 0 ? ifMatch : nil
                call.receipt?.appliedLines = applied + 1
                snapshot = try self.report(report, of: line.bytes.count, to: journal, condition, call)
            } catch {
                throw error.at(line: line.number, applied: applied)
            }
            // A long batch must not block the thread for other requests.
            if applied % 256 == 255 { await Task.yield() }
        }
        // A batch of empty lines counts as one empty report.
        guard let snapshot else { return try report(ProgressReport(), of: 0, to: journal, ifMatch, call) }
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
    /// Returns the cursor that the operation must have, or `nil` if any cursor is valid.
    ///
    /// - Throws: A 412 if no tag matches the current cursor.
    fileprivate func cursor(in journal: ProgressJournal) throws(Refusal) -> ProgressCursor? {
        guard case .tags = self else { return nil }
        let current = journal.snapshot().cursor
        guard matchesStrongly(current) else { throw Refusal(Problems.cursorMismatch(current)) }
        return current
    }
}

extension Refusal {
    /// The number of batch lines that were applied before the refused line; `nil` if the refusal is not about a line.
    var appliedLines: Int? { problem.extensions["applied"]?.intValue.map { Int($0) } }

    /// Returns the refusal with the number of the refused line and the number of lines applied before it.
    fileprivate func at(line: Int, applied: Int) -> Refusal {
        var refusal = self
        let detail = problem.detail ?? problem.title
        refusal.problem.detail = "Line \(line): \(detail) Lines applied before it: \(applied)."
        refusal.problem.extensions["line"] = .integer(Int64(line))
        refusal.problem.extensions["applied"] = .integer(Int64(applied))
        return refusal
    }
}
