// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials

/// A worker's question to a person: it is opened and withdrawn by reports, and closed once, by an answer or its deadline.
extension JournalState {
    /// Returns whether a question is open after a report.
    func waits(after report: ProgressReport, isNewAttempt: Bool) -> Bool {
        guard report.outcome == nil, log.status != .cancelling else { return false }
        return switch report.waitingFor {
        case .ask: true
        case .withdraw: false
        case nil: log.newest.waitingFor != nil && !isNewAttempt
        }
    }

    /// Notes when the question of a report has its deadline.
    mutating func noteDeadline(of report: ProgressReport, isWaiting: Bool, now: Now) {
        if case .ask(let question) = report.waitingFor, isWaiting {
            questionDeadline = question.timeLimit.map { now.monotonic + $0 }
        } else if !isWaiting {
            questionDeadline = nil
        }
    }

    /// Closes the open question with an answer.
    ///
    /// - Parameters:
    ///   - text: The answer.
    ///   - number: The number of the question; `nil` for the open one.
    ///   - subject: Who answers, if known.
    ///   - now: The time of the answer.
    /// - Throws: ``ProgressError`` if no question or another one is open, or if the text is no possible answer.
    mutating func answer(_ text: String, to number: Int?, by subject: String?, now: Now) throws(ProgressError) {
        try admitChange()
        guard let open = log.newest.waitingFor else { throw ProgressError.notWaiting(log.newest.lastAnswer) }
        if let number, number != open.number { throw ProgressError.alreadyAnswered(number, open: open.number) }
        guard open.question.isAnswerable else { throw ProgressError.answeredElsewhere }
        guard open.question.accepts(text) else { throw ProgressError.answerNotAccepted(to: open.question) }
        close(
            ProgressAnswer(
                number: open.number,
                message: open.question.message,
                answer: text,
                answeredBy: subject,
                answeredAt: now.date
            ),
            now: now
        )
    }

    /// Closes a question at its deadline; returns whether a revision was made.
    mutating func checkQuestion(now: Now) -> Bool {
        guard let questionDeadline, now.monotonic >= questionDeadline, !isOver,
            let open = log.newest.waitingFor
        else { return false }
        let question = open.question
        close(
            ProgressAnswer(
                number: open.number,
                message: question.message,
                answer: question.defaultAnswer,
                answeredAt: now.date,
                isExpired: true
            ),
            now: now
        )
        return true
    }

    /// The time at which the lease or the open question changes if nothing is reported; `nil` if neither changes.
    var nextChange: Duration? {
        guard let questionDeadline, !isOver else { return lease?.nextChange }
        return lease?.nextChange.map { min($0, questionDeadline) } ?? questionDeadline
    }

    /// Closes the open question; `nil` withdraws it.
    mutating func close(_ answer: ProgressAnswer?, now: Now) {
        questionDeadline = nil
        counting.isWaiting = false
        transition(now: now) { next in
            next.head.waitingFor = nil
            if let answer { next.head.lastAnswer = answer }
            // A silent worker stays silent when a person answers.
            if next.status == .waiting { next.status = .running }
        }
    }

    /// Continues an open question after a restart; its deadline is measured by the calendar.
    mutating func restoreQuestion(now: Now) {
        guard let open = log.newest.waitingFor else { return }
        counting.isWaiting = true
        questionDeadline = open.deadline.map { deadline in
            now.monotonic + max(.zero, .seconds(deadline.timeIntervalSince(now.date)))
        }
    }
}

extension ProgressReport {
    /// Whether the report only withdraws a question, and none is open.
    func isVainWithdrawal(from newest: ProgressSnapshot) -> Bool {
        newest.waitingFor == nil && self == ProgressReport(worker: worker, lease: lease, waitingFor: .withdraw)
    }
}

extension ProgressSnapshot {
    /// The status after a report: a silent worker is not silent any more, and an open question stays open.
    var statusAfterReport: ProgressStatus {
        switch status {
        case .running, .waiting, .cancelling: status
        default: waitingFor == nil ? .running : .waiting
        }
    }

    /// Opens or closes a question as a report says, and sets the status of an operation that has not ended.
    mutating func applyQuestion(of report: ProgressReport, isWaiting: Bool) {
        if case .ask(var question) = report.waitingFor, isWaiting {
            let deadline = question.timeLimit.map { updatedAt + $0.inSeconds }
            question.timeLimit = nil
            head.waitingFor = ProgressQuestion.Open(
                number: Int(clamping: revision),
                question: question,
                askedAt: updatedAt,
                deadline: deadline
            )
        } else if !isWaiting, waitingFor != nil {
            head.waitingFor = nil
        }
        guard status != .cancelling, !status.isEnd else { return }
        status = isWaiting ? .waiting : .running
    }
}

extension ProgressError {
    /// No question is open.
    fileprivate static func notWaiting(_ last: ProgressAnswer?) -> ProgressError {
        guard let last else { return ProgressError(.notWaiting, "The operation has asked no question.") }
        let who = last.answeredBy.map { " by \($0)" } ?? ""
        let what = last.answer.map { "answered\(who): \($0)" } ?? "closed at its deadline, without an answer"
        return ProgressError(.notWaiting, "No question is open. The last one (\(last.message)) was \(what).")
    }

    /// The question is open, but not for watchers.
    fileprivate static let answeredElsewhere = ProgressError(
        .notWaiting,
        "The question is answered where the work runs, such as at the terminal of the command, and cannot be answered here."
    )

    fileprivate static func alreadyAnswered(_ number: Int, open: Int) -> ProgressError {
        ProgressError(
            .alreadyAnswered,
            "Question \(number) is not open any more; question \(open) is. Read the operation before you answer."
        )
    }

    fileprivate static func answerNotAccepted(to question: ProgressQuestion) -> ProgressError {
        let choices = question.choices
        guard choices.isEmpty else {
            return ProgressError(.answerNotAccepted, "The answer must be one of: \(choices.joined(separator: ", ")).")
        }
        return ProgressError(.answerNotAccepted, "The answer must have 1 to \(ProgressQuestion.maximumTextSize) bytes.")
    }
}
