// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressWire

extension ProgressAPI {
    /// Handles `POST /api/v1/progress/{id}/cancel`: asks the worker to stop; a repeated request has no further effect.
    func cancel(_ id: ProgressID?, _ call: APICall) throws(Refusal) -> ProgressResponse {
        let journal = try journal(id, to: .cancel, call.permissions)
        try BodyReader(call, allowing: BodyReader.creation).requireNothing()
        try check(call, journal)
        do throws(ProgressError) {
            return snapshotResponse(.accepted, try journal.requestCancel(receipt: call.receipt), call)
        } catch {
            throw Refusal(error)
        }
    }

    /// Handles `POST /api/v1/progress/{id}/answer`: closes the open question with an answer.
    func answerQuestion(of id: ProgressID?, _ call: APICall) throws(Refusal) -> ProgressResponse {
        let journal = try journal(id, to: .answer, call.permissions)
        let body = try BodyReader(call, allowing: BodyReader.creation).answer()
        try check(call, journal)
        do throws(ProgressError) {
            let snapshot = try journal.answer(body.answer, to: body.number, by: call.subject, receipt: call.receipt)
            return snapshotResponse(.ok, snapshot, call)
        } catch {
            var refusal = Refusal(error)
            if error.code == .answerNotAccepted, let choices = journal.snapshot().waitingFor?.question.choices {
                refusal.problem.extensions["choices"] = .array(choices.map { .string($0) })
            }
            throw refusal
        }
    }

    /// Handles `DELETE /api/v1/progress/{id}`: removes the operation, but does not ask its worker to stop.
    func delete(_ id: ProgressID?, _ call: APICall) throws(Refusal) -> ProgressResponse {
        let journal = try journal(id, to: .delete, call.permissions)
        try check(call, journal)
        do throws(ProgressError) {
            try service.deleteProgress(journal.id)
        } catch {
            throw Refusal(error)
        }
        return ProgressResponse(.noContent)
    }

    /// Checks `If-Match` before a change; a report may arrive between the check and the change.
    private func check(_ call: APICall, _ journal: ProgressJournal) throws(Refusal) {
        guard let condition = try call.condition(.ifMatch) else { return }
        let current = journal.snapshot().cursor
        guard condition.matchesStrongly(current) else { throw Refusal(Problems.cursorMismatch(current)) }
    }
}
