// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

extension ProgressJournal {
    /// Closes the open question with an answer.
    ///
    /// - Parameters:
    ///   - text: The answer.
    ///   - number: The number of the question; `nil` for the open one.
    ///   - subject: Who answers, if known.
    ///   - receipt: The request, if its client may repeat the request.
    /// - Returns: The snapshot after the answer.
    /// - Throws: ``ProgressError`` if no question or another one is open, or if the text is no possible answer.
    @discardableResult
    package func answer(
        _ text: String,
        to number: Int? = nil,
        by subject: String? = nil,
        receipt: StoredOperation.Receipt? = nil
    ) throws(ProgressError) -> ProgressSnapshot {
        guard dependencies.elsewhere == nil else {
            throw ProgressError(
                .notWaiting,
                "Another node has this operation. Answer over HTTP, which reaches that node."
            )
        }
        return try write { core, now throws(ProgressError) in
            try core.answer(text, to: number, by: subject, now: now)
            dependencies.history.note(0, receipt, in: &core.log)
            return core.log.newest
        }
    }

    /// Closes a question as a server has closed it; `nil` if the server says only that it is closed.
    ///
    /// - Parameters:
    ///   - number: The number of the question in this journal; another open question stays open.
    ///   - answer: The answer, with the server's number of the question.
    package func closeQuestion(_ number: Int, with answer: ProgressAnswer?) {
        _ = try? write { core, now in
            guard !core.isOver, core.log.newest.waitingFor?.number == number else { return }
            var answer = answer
            answer?.number = number
            core.close(answer, now: now)
        }
    }

    /// The time after a deadline for which an answer of the operation's service is awaited.
    private static let grace = Duration.seconds(10)

    /// Asks a question, and returns the answer; one caller of this process asks at a time.
    ///
    /// - Throws: ``ProgressError`` if the question is closed without an answer, or refused; `CancellationError` if the
    ///   task is cancelled, or a client asks the operation to stop.
    func ask(_ question: ProgressQuestion) async throws -> String {
        let asking = state.withLock { state in
            let group = state.asking ?? WakeGroup()
            state.asking = group
            return group
        }
        guard let number = try await asking.wait(for: { begin(question) })?.get() else { throw CancellationError() }
        defer {
            state.withLock { $0.isAsked = false }
            asking.wake()
        }
        do {
            // The clock of the operation's service decides, unless that service cannot be reached.
            let deadline = question.timeLimit.map { dependencies.clock.now() + $0 + Self.grace }
            if let end = try await asking.wait(until: deadline, on: dependencies.clock, for: { closed(number) }) {
                return try end.get()
            }
            _ = try? write { core, now in core.checkQuestion(now: now) }
            return try closed(number)?.get() ?? ""
        } catch {
            closeQuestion(number, with: nil)
            throw error
        }
    }

    /// Opens the question, and returns its number; `nil` while another caller of this process asks.
    private func begin(_ question: ProgressQuestion) -> Result<Int, any Error>? {
        guard
            state.withLock({ state in
                defer { state.isAsked = true }
                return !state.isAsked
            })
        else { return nil }
        do {
            let snapshot = try report(ProgressReport(waitingFor: .ask(question)))
            guard let open = snapshot.waitingFor else { throw CancellationError() }
            return .success(open.number)
        } catch {
            state.withLock { $0.isAsked = false }
            return .failure(error)
        }
    }

    /// Returns what became of a question; `nil` while it is open.
    private func closed(_ number: Int) -> Result<String, any Error>? {
        let (newest, isRemoved) = state.withLock { ($0.core.log.newest, $0.core.removal != nil) }
        if isRemoved { return .failure(ProgressError.gone(id)) }
        if newest.waitingFor?.number == number { return nil }
        if let last = newest.lastAnswer, last.number == number {
            return last.answer.map { .success($0) } ?? .failure(ProgressError.unanswered("Nobody answered in time."))
        }
        if newest.status == .cancelling { return .failure(CancellationError()) }
        if newest.status.isEnd { return .failure(ProgressError(.ended, "The operation ended before an answer.")) }
        return .failure(ProgressError.unanswered("The question was withdrawn or replaced."))
    }
}

extension ProgressService {
    /// Answers the question of an operation.
    ///
    /// ```swift
    /// try service.answer(id, "yes", by: user.name)
    /// ```
    ///
    /// - Parameters:
    ///   - id: The operation.
    ///   - answer: The answer: one of the choices, or a text of 1 to 4096 bytes if the question has no choices.
    ///   - number: The number of the question; `nil` for the open one.
    ///   - subject: Who answers, which every watcher sees.
    /// - Returns: The snapshot after the answer.
    /// - Throws: ``ProgressError``: `unknown`, `gone`, `ended`, `not-waiting`, `already-answered`, `answer-not-accepted`.
    @discardableResult
    public func answer(
        _ id: ProgressID,
        _ answer: String,
        number: Int? = nil,
        by subject: String? = nil
    ) throws(ProgressError) -> ProgressSnapshot {
        try getJournal(id).answer(answer, to: number, by: subject)
    }
}

extension ProgressError {
    /// A question was closed without an answer.
    static func unanswered(_ reason: String) -> ProgressError { ProgressError(.unanswered, reason) }
}
